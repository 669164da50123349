//! An error keeps its place, names the nearest name, and tells the writer's faults from the disk's.

use datafusion::common::Column;

use super::*;

#[test]
fn a_parser_error_gives_up_its_place() {
    let error = syntax(&ParserError::ParserError("Expected: end of statement, found: x at Line: 3, Column: 12".into()));
    assert_eq!(error.place(), Some(Place { line: 3, column: 12 }));
    assert_eq!(error.to_string(), "Expected: end of statement, found: x");
    assert_eq!(error.fault(), Fault::User);
}

#[test]
fn an_unknown_column_names_the_nearest() {
    let schema = SchemaError::FieldNotFound {
        field: Box::new(Column::new_unqualified("artikel_id")),
        valid_fields: vec![Column::new_unqualified("date"), Column::new_unqualified("article_id")],
    };
    let error = EngineError::from(DataFusionError::SchemaError(Box::new(schema), Box::new(None)));
    assert_eq!(error.hint().as_deref(), Some("did you mean article_id?"));
}

#[test]
fn the_engines_own_error_comes_back_whole_from_datafusion() {
    let own = EngineError::TooManyRows { rows_max: 7 };
    let error = EngineError::from(DataFusionError::from(own));
    assert!(matches!(error, EngineError::TooManyRows { rows_max: 7 }));
}

#[test]
fn faults_tell_the_writer_of_sql_from_the_disk() {
    let of = |error: DataFusionError| EngineError::from(error).fault();
    assert_eq!(of(DataFusionError::ArrowError(Box::new(ArrowError::DivideByZero), None)), Fault::User);
    assert_eq!(of(DataFusionError::IoError(std::io::Error::other("gone"))), Fault::External);
    assert_eq!(of(DataFusionError::Internal("x".into())), Fault::Internal);
    assert_eq!(of(DataFusionError::ResourcesExhausted("x".into())), Fault::External);
}
