//! A story is told in both topologies: in one process on what is embedded, a test each; and in many processes on real
//! servers, one after the other in one house, since that house takes a while to build.

use std::pin::Pin;

use integration_tests::House;

/// A story and its name.
pub type Story = (&'static str, for<'a> fn(&'a House) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>);

/// Makes a test of each story of a file, and the list `ALL` for the other topology.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod one_process {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() {
                super::$story(&integration_tests::House::one_process().await).await;
            })+
        }

        /// The stories of this file.
        pub const ALL: &[$crate::stories::Story] = &[$((stringify!($story), |house| Box::pin($story(house)))),+];
    };
}

pub(crate) use stories;
