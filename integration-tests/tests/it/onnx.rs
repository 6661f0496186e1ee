//! A model of one's own reads the photos of the whole mesh.

use std::path::Path;

use integration_tests::{House, photo};
use praan::options::{Ai, AiProvider};

use crate::examples::{photo_log, until_read};

/// The model and labels of the tests of `praan-onnx`.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../services/onnx/tests");

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_ones_own_reads_what_is_in_a_photo() {
    let file = |name: &str| Some(Path::new(FILES).join(name));
    let ai = Ai {
        ai_provider: AiProvider::Onnx,
        ai_model_file: file("plates.onnx"),
        ai_labels_file: file("plates.json"),
        ..Ai::default()
    };
    let house = House::with_plan(|plan| plan.ai = ai).await;
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;

    for (colour, food, calories) in [([255, 0, 0], "Tomato", 22), ([0, 255, 0], "Spinach", 18)] {
        let log = photo_log(&asha, program, photo::jpeg_in(colour)).await;
        let read = until_read(&asha, log).await;
        assert_eq!(read["status"], "COMPLETED", "{read}");
        assert_eq!(
            (&read["payload"]["calories"], &read["payload"]["items"][0]["name"]),
            (&calories.into(), &food.into())
        );
    }
    let nothing = photo_log(&asha, program, photo::jpeg_in([124, 116, 104])).await;
    let read = until_read(&asha, nothing).await;
    let reason = "No food could be told from the photo. Please enter the meal by hand.";
    assert_eq!((&read["status"], &read["image"]["failure_reason"]), (&"FAILED".into(), &reason.into()));
}
