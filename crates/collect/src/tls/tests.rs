//! A certificate is read, read again when it changes, and kept when what replaces it is of no use.

use judi_faults::SimWorld;
use judi_world::write_durably;

use super::*;

const FIRST: (&str, &str) =
    (include_str!("../../tests/tls/first.cert.pem"), include_str!("../../tests/tls/first.key.pem"));
const SECOND: (&str, &str) =
    (include_str!("../../tests/tls/second.cert.pem"), include_str!("../../tests/tls/second.key.pem"));

fn write(disk: &dyn Disk, (cert, key): (&str, &str)) {
    write_durably(disk, Path::new("/cert.pem"), cert.as_bytes()).unwrap();
    write_durably(disk, Path::new("/key.pem"), key.as_bytes()).unwrap();
}

fn open(disk: &Arc<dyn Disk>) -> Result<Arc<Tls>, TlsError> {
    Tls::open(Arc::clone(disk), Path::new("/cert.pem"), Path::new("/key.pem"))
}

#[test]
fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let disk = SimWorld::new(1).world().disk;
    write(&*disk, FIRST);
    let tls = open(&disk).unwrap();
    let shown = |tls: &Tls| tls.current.certified.read().unwrap().cert[0].to_vec();
    let first = shown(&tls);
    assert!(!tls.reload().unwrap());
    write(&*disk, (SECOND.0, "nonsense"));
    assert!(matches!(tls.reload(), Err(TlsError::NotPem { expected: "private key", .. })));
    assert_eq!(shown(&tls), first, "the one from before stays");
    write(&*disk, SECOND);
    assert!(tls.reload().unwrap());
    assert_ne!(shown(&tls), first);
}

#[test]
fn what_is_wrong_is_told() {
    let disk = SimWorld::new(1).world().disk;
    assert!(open(&disk).unwrap_err().to_string().starts_with("cannot read /cert.pem: "));
    write(&*disk, ("", FIRST.1));
    assert_eq!(open(&disk).unwrap_err().to_string(), "/cert.pem holds no certificate in PEM form: there is none");
    write(&*disk, (FIRST.0, SECOND.1));
    assert!(matches!(open(&disk), Err(TlsError::Unusable { .. })), "another's key");
}
