//! Files that cannot work are refused at the start, with what is wrong about them.

use crate::network::{DOUBLE, Files, LABELS, Network};

/// Why the files are refused.
fn refusal(model: Option<Vec<u8>>, labels: Option<&str>) -> String {
    match Files::of(model, labels).load() {
        Ok(_) => panic!("taken"),
        Err(error) => error.message().to_owned(),
    }
}

fn refused(network: &Network) -> String {
    refusal(Some(network.encoded()), Some(LABELS))
}

#[test]
fn a_file_that_is_missing_or_is_something_else_is_named() {
    let network = Network::default().encoded();
    let garbage = Some(b"not a model".to_vec());
    let cut = Some(network[..network.len() / 2].to_vec());
    for model in [None, garbage, cut, Some(Vec::new())] {
        let why = refusal(model, Some(LABELS));
        assert!(why.contains("plates.onnx cannot be used: "), "{why}");
    }
    for labels in [None, Some("not a list"), Some("{}"), Some("[{\"name\": \"Dal\"}]")] {
        let why = refusal(Some(network.clone()), labels);
        assert!(why.contains("plates.json cannot be used: it must be a JSON list"), "{why}");
    }
}

#[test]
fn a_list_that_is_too_short_or_too_long_says_what_to_do() {
    let network = Network::default().encoded();
    for (labels, listed) in [(LABELS.replace(",\n  null", ""), 3), (LABELS.replace("null", "null, null"), 5)]
    {
        let why = refusal(Some(network.clone()), Some(&labels));
        let counts = format!("the model has 4 outputs and the labels file lists {listed} foods");
        assert!(why.contains(&counts) && why.contains("list one for every output"), "{why}");
    }
}

#[test]
fn a_model_that_takes_no_picture_says_what_it_must_take() {
    let shapes: [&[Option<i64>]; 7] = [
        &[Some(1), Some(1), Some(8), Some(8)],
        &[Some(1), Some(8), Some(8), Some(3)],
        &[Some(2), Some(3), Some(8), Some(8)],
        &[Some(3), Some(8), Some(8)],
        &[Some(1), Some(3), None, None],
        &[Some(1), Some(3), Some(0), Some(8)],
        &[Some(1), Some(3), Some(1_025), Some(8)],
    ];
    for shape in shapes {
        let why = refused(&Network { shape: shape.to_vec(), ..Network::default() });
        assert!(why.contains("1×3×H×W"), "{shape:?}: {why}");
    }
    let why = refused(&Network { numbers: DOUBLE, ..Network::default() });
    assert!(why.contains("numbers of 32 bits"), "{why}");
}

#[test]
fn a_model_with_a_step_that_nobody_knows_names_it() {
    let why = refused(&Network { last: Some("Guess"), ..Network::default() });
    assert!(why.contains("plates.onnx cannot be used: ") && why.contains("Guess"), "{why}");
}
