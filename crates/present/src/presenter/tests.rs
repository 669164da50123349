//! Kept answers are bounded, and the one that was asked for longest ago makes room.

use std::num::NonZeroUsize;

use judi_engine::{EngineOptions, Zone};
use judi_faults::SimWorld;
use judi_schema::schemas::Schemas;

use super::*;
use crate::catalogue::ProjectUses;

fn presenter(sim: &SimWorld) -> Arc<Presenter> {
    let engine =
        Engine::new(EngineOptions { memory_bytes: 1 << 20, threads: NonZeroUsize::MIN, spill_dir: "/nowhere".into() });
    let options = PageOptions {
        article_event: "article_view".into(),
        article_field: "article_id".into(),
        title_field: None,
        timeout: Duration::from_secs(1),
        example_key: String::new(),
    };
    let catalog: CatalogSource = Arc::new(|| Ok(Catalog::new(Zone::UTC)));
    Presenter::new(Arc::new(engine.unwrap()), catalog, Arc::new(NoEvents), sim.world(), options)
}

struct NoEvents;

impl Definitions for NoEvents {
    fn schemas(&self) -> Arc<Schemas> {
        Arc::new(Schemas::first(&[]).unwrap())
    }

    fn uses(&self, _: &Schemas) -> Result<ProjectUses, String> {
        Ok(ProjectUses::default())
    }
}

fn question(number: usize) -> Question {
    Question { sql: "SELECT 1".into(), parameters: number.to_string() }
}

#[test]
fn places_are_bounded_and_the_one_asked_for_longest_ago_makes_room() {
    let sim = SimWorld::new(1);
    let presenter = presenter(&sim);
    let first = presenter.place(&question(0));
    let second = presenter.place(&question(1));
    for number in 2..KEPT_MAX + 10 {
        sim.clock.advance(Duration::from_millis(1));
        presenter.place(&question(number));
        assert!(Arc::ptr_eq(&presenter.place(&question(0)), &first), "asked for all the time");
    }
    assert_eq!(presenter.kept.lock().unwrap().len(), KEPT_MAX);
    assert!(!Arc::ptr_eq(&presenter.place(&question(1)), &second), "asked for once, long ago");
}
