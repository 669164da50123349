//! What is one thing under two names, and what only looks like it.

use proptest::prelude::*;

use super::*;

fn events(one: &str, other: &str) -> bool {
    pair(one, Holds::Event, other, Holds::Event)
}

fn texts(one: &str, other: &str) -> bool {
    pair(one, Holds::Text, other, Holds::Text)
}

fn pair(one: &str, one_holds: Holds, other: &str, other_holds: Holds) -> bool {
    let names = [Name { text: one, holds: one_holds }, Name { text: other, holds: other_holds }];
    let found = twins(&names);
    assert!(found.is_empty() || found == BTreeMap::from([(1, 0)]));
    !found.is_empty()
}

#[test]
fn other_spellings_are_twins() {
    for (one, other) in [
        ("click", "Click"),
        ("click", "klick"),
        ("click", "clicks"),
        ("click", "clikc"),
        ("click", "click_event"),
        ("article_view", "articleView"),
        ("article_view", "article-view"),
        ("article_view", "articleview"),
        ("article_view", "artikel_view"),
        ("article_view", "article_views"),
        ("article_view", "article_viewed"),
        ("article_view", "view_article"),
        ("article_view", "artcle_view"),
        ("video_start", "video_started"),
        ("newsletter_subscribe", "newsletter_subscribed"),
        ("recommendation_click", "recomendation_click"),
        ("recommendation", "reccomendaton"),
    ] {
        assert!(events(one, other), "{one} {other}");
        assert!(events(other, one), "{other} {one}");
    }
    for (one, other) in [
        ("article_id", "articleId"),
        ("article_id", "articel_id"),
        ("section", "secton"),
        ("background_color", "background_colour"),
        ("programme_id", "programe_id"),
        ("title", "titel"),
        ("user_id", "userID"),
        ("tag", "tags"),
    ] {
        assert!(texts(one, other), "{one} {other}");
    }
}

#[test]
fn other_things_are_not() {
    for (one, other) in [
        ("click", "click"),
        ("video_start", "video_end"),
        ("video_start", "video_stop"),
        ("video_start", "video_progress"),
        ("video_play", "video_pause"),
        ("article_view", "page_view"),
        ("article_view", "article_share"),
        ("sign_in", "sign_on"),
        ("signin", "signup"),
        ("login", "logout"),
        ("upload", "unload"),
        ("subscribe", "unsubscribe"),
        ("follow", "unfollow"),
        ("like", "link"),
        ("a1", "a2"),
        ("scroll25", "scroll50"),
        ("story_open", "store_open"),
        ("election", "selection"),
        ("share", "shape"),
        ("ad_view", "ad_click"),
        ("views_per_click", "click_per_views"),
    ] {
        assert!(!events(one, other), "{one} {other}");
        assert!(!events(other, one), "{other} {one}");
    }
    for (one, other) in [
        ("start_ms", "end_ms"),
        ("min_price", "max_price"),
        ("height_px", "weight_px"),
        ("payer_id", "payee_id"),
        ("employer", "employee"),
        ("follower_id", "followed_id"),
        ("country", "county"),
        ("price", "prize"),
        ("utm_source", "utm_medium"),
        ("latitude", "longitude"),
        ("conversion_id", "conversation_id"),
        ("position", "petition"),
        ("width", "widht_px"),
        ("x", "y"),
        ("row", "col"),
        ("visible_ms", "visible_pct"),
        ("read_ms", "ready_ms"),
        ("page_kind", "page_type"),
        ("stop_reason", "stop_region"),
    ] {
        assert!(!texts(one, other), "{one} {other}");
        assert!(!texts(other, one), "{other} {one}");
    }
}

#[test]
fn a_list_and_a_count_are_not_their_singular() {
    assert!(!pair("tag", Holds::Text, "tags", Holds::Many));
    assert!(!pair("reader", Holds::Text, "readers", Holds::Number));
    assert!(pair("reader", Holds::Text, "readers", Holds::Text));
    assert!(!texts("start", "started") && events("start", "started"));
    assert!(pair("article_tags", Holds::Many, "articleTags", Holds::Many));
}

#[test]
fn the_first_name_is_the_one_that_exists() {
    let texts = ["click", "video_start", "klick", "Click", "video_strat", "clicks"];
    let names: Vec<_> = texts.iter().map(|text| Name { text, holds: Holds::Event }).collect();
    assert_eq!(twins(&names), BTreeMap::from([(2, 0), (3, 0), (4, 1), (5, 0)]));
}

proptest! {
    #[test]
    fn twins_are_mutual_and_nobody_is_their_own(one in "[a-zA-Z0-9_]{0,14}", other in "[a-zA-Z0-9_]{0,14}") {
        prop_assert_eq!(events(&one, &other), events(&other, &one));
        prop_assert!(!events(&one, &one));
    }

    #[test]
    fn case_and_separators_never_part_a_name(words in prop::collection::vec("[a-z]{2,8}", 1..4)) {
        let snake = words.join("_");
        let camel: String = words.iter().enumerate().map(|(index, word)| match index {
            0 => word.clone(),
            _ => word[..1].to_uppercase() + &word[1..],
        }).collect();
        prop_assert_eq!(events(&snake, &camel), snake != camel);
        prop_assert!(events(&snake, &snake.to_uppercase()));
    }
}
