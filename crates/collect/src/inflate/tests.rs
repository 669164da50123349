//! Every encoding comes back as it was; bombs, cut bodies and random bytes end at a limit or an error.

use std::io::Write;

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const MAX: usize = 1024 * 1024;

fn compressed(encoding: Encoding, body: &[u8]) -> Vec<u8> {
    match encoding {
        Encoding::Identity => body.to_vec(),
        Encoding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Zstd => zstd::encode_all(body, 1).unwrap(),
        Encoding::Brotli => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 4096, 1, 20).write_all(body).unwrap();
            out
        }
    }
}

const ALL: [Encoding; 4] = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Brotli];

#[test]
fn what_was_compressed_comes_back() {
    let body = "{\"events\": []} å ".repeat(10_000).into_bytes();
    for encoding in ALL {
        let mut taken = 0;
        let inflated = inflate(encoding, &compressed(encoding, &body), MAX, |bytes| {
            taken += bytes;
            Ok(())
        });
        assert_eq!(inflated.as_ref(), Ok(&body), "{encoding:?}");
        assert_eq!(taken, body.len(), "{encoding:?}");
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let bomb = vec![0; 16 * MAX];
    for encoding in ALL {
        let mut taken = 0;
        let outcome = inflate(encoding, &compressed(encoding, &bomb), MAX, |bytes| {
            taken += bytes;
            Ok(())
        });
        assert_eq!(outcome, Err(Refusal::TooLarge { what: "the inflated body", max: MAX, unit: "bytes" }));
        assert!(taken <= MAX, "{encoding:?} took {taken}");
    }
}

#[test]
fn a_body_that_ends_early_or_is_something_else_is_unreadable() {
    let body: Vec<u8> =
        (0..20_000_u32).flat_map(|number| blake3::hash(&number.to_le_bytes()).as_bytes()[..8].to_vec()).collect();
    for encoding in &ALL[1..] {
        let whole = compressed(*encoding, &body);
        for broken in [&whole[..whole.len() / 2], b"{\"events\": []}"] {
            let outcome = inflate(*encoding, broken, MAX, |_| Ok(()));
            assert!(matches!(outcome, Err(Refusal::Unreadable { .. })), "{encoding:?}: {outcome:?}");
        }
    }
}

#[test]
fn a_refusal_to_take_more_ends_the_work() {
    let outcome = inflate(Encoding::Identity, &[1; 10], MAX, |_| Err(Refusal::Closing));
    assert_eq!(outcome, Err(Refusal::Closing));
}

#[test]
fn encodings_by_name() {
    let of = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| _ = headers.append(CONTENT_ENCODING, HeaderValue::from_static(value)));
        Encoding::of(&headers)
    };
    assert_eq!(of(&[]), Ok(Encoding::Identity));
    assert_eq!(of(&["Identity"]), Ok(Encoding::Identity));
    assert_eq!(of(&["GZIP"]), Ok(Encoding::Gzip));
    assert_eq!(of(&[" br "]), Ok(Encoding::Brotli));
    assert_eq!(of(&["zstd"]), Ok(Encoding::Zstd));
    for unknown in [&["deflate"][..], &["gzip, br"], &["gzip", "gzip"]] {
        assert!(matches!(of(unknown), Err(Refusal::UnsupportedEncoding { .. })), "{unknown:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for encoding in ALL {
            let _ = inflate(encoding, &bytes, MAX, |_| Ok(()));
        }
    }
}
