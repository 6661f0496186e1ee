//! A model of a few numbers: it takes the mean of each channel and weighs them up.

use std::path::PathBuf;

use prost::Message;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto,
};

pub const FLOAT: i32 = 1;
pub const DOUBLE: i32 = 11;

/// What the outputs stand for; the last for no food.
pub const LABELS: &str = include_str!("../plates.json");

/// How much of red, green and blue makes a tomato, spinach, a blueberry and nothing, one row for each channel.
const WEIGHTS: [[f32; 4]; 3] = [[1.0, -1.0, 0.0, 0.0], [-1.0, 1.0, -1.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

/// The model.
pub struct Network {
    /// The shape of its input; what is not said is left open.
    pub shape: Vec<Option<i64>>,
    /// The type of its input.
    pub numbers: i32,
    /// How likely each output is before there is a picture.
    pub bias: [f32; 4],
    /// What is done to the scores in the end.
    pub last: Option<&'static str>,
}

impl Default for Network {
    fn default() -> Self {
        Self { shape: [1, 3, 8, 8].map(Some).to_vec(), numbers: FLOAT, bias: [0.0; 4], last: None }
    }
}

impl Network {
    /// As a file of ONNX.
    pub fn encoded(&self) -> Vec<u8> {
        let mut nodes = vec![
            node("GlobalAveragePool", &["picture"], "means"),
            node("Flatten", &["means"], "channels"),
            node("Gemm", &["channels", "weights", "bias"], "scores"),
        ];
        let mut outcome = "scores";
        if let Some(last) = self.last {
            nodes.push(node(last, &["scores"], "last"));
            outcome = "last";
        }
        let picture = value("picture", self.numbers, &self.shape);
        let initializer =
            vec![tensor("weights", &[3, 4], &WEIGHTS.concat()), tensor("bias", &[4], &self.bias)];
        let graph = GraphProto {
            node: nodes,
            name: "plates".into(),
            initializer,
            input: vec![picture],
            output: vec![value(outcome, FLOAT, &[None, Some(4)])],
            ..GraphProto::default()
        };
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: 13 }];
        ModelProto { ir_version: 7, opset_import, graph: Some(graph), ..ModelProto::default() }
            .encode_to_vec()
    }
}

fn node(kind: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: kind.into(),
        name: output.into(),
        input: inputs.iter().map(|input| (*input).into()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    }
}

fn value(name: &str, elem_type: i32, shape: &[Option<i64>]) -> ValueInfoProto {
    let dim = |size: &Option<i64>| Dimension {
        value: Some(size.map_or(dimension::Value::DimParam("N".into()), dimension::Value::DimValue)),
        ..Dimension::default()
    };
    let shape = Some(TensorShapeProto { dim: shape.iter().map(dim).collect() });
    let tensor = Value::TensorType(Tensor { elem_type, shape });
    let r#type = Some(TypeProto { value: Some(tensor), ..TypeProto::default() });
    ValueInfoProto { name: name.into(), r#type, ..ValueInfoProto::default() }
}

fn tensor(name: &str, dims: &[i64], numbers: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: FLOAT,
        float_data: numbers.to_vec(),
        ..TensorProto::default()
    }
}

/// A folder with a model and its labels.
pub struct Files {
    /// The model, of which there may be none.
    pub model: PathBuf,
    /// The labels, of which there may be none.
    pub labels: PathBuf,
    _folder: tempfile::TempDir,
}

impl Files {
    pub fn of(model: Option<Vec<u8>>, labels: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Self {
            model: folder.path().join("plates.onnx"),
            labels: folder.path().join("plates.json"),
            _folder: folder,
        };
        for (path, content) in [(&files.model, model), (&files.labels, labels.map(Into::into))] {
            if let Some(content) = content {
                std::fs::write(path, content).unwrap();
            }
        }
        files
    }

    pub fn load(&self) -> Result<onnx::OnnxProvider, chassis::Error> {
        onnx::OnnxProvider::load(&self.model, &self.labels)
    }
}
