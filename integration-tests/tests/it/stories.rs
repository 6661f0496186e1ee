//! A story is told in both topologies: in one process on what is embedded, a test each; and in many processes on real
//! servers, one after the other in one house, since that house takes a while to build.

use std::pin::Pin;

use integration_tests::House;

/// A story and its name.
pub type Story = (&'static str, for<'a> fn(&'a House) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>);

/// Makes a test of each story of a file, and the list `ALL` for the other topology. Where the stories need an identity
/// provider, `with_provider:` comes first.
macro_rules! stories {
    (with_provider: $($story:ident),+ $(,)?) => {
        $crate::stories::stories!(@with_provider $($story),+);
    };
    (@$open:ident $($story:ident),+) => {
        mod one_process {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() {
                super::$story(&integration_tests::House::$open().await).await;
            })+
        }

        /// The stories of this file.
        pub const ALL: &[$crate::stories::Story] = &[$((stringify!($story), |house| Box::pin($story(house)))),+];
    };
    ($($story:ident),+ $(,)?) => {
        $crate::stories::stories!(@one_process $($story),+);
    };
}

pub(crate) use stories;
