//! Values that must not be seen, and the files they may come from.

use std::any::TypeId;
use std::convert::Infallible;
use std::ffi::OsString;
use std::str::FromStr;

use chassis::Error;
use clap::{Arg, Command};

/// A secret option, such as a URL with a password. It can be handed on, but not printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads what a file holds, without the end of its last line.
    fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err("it is empty".to_owned()),
            secret => Ok(Self(secret.to_owned())),
        }
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// Lets every secret option come from a file, as secrets are mounted into a container: `PRAAN_REDIS_URL_FILE` names the file that
/// holds what `PRAAN_REDIS_URL` would say. Which options are secret is told by their type, so that none is forgotten.
pub fn from_files(command: Command, arguments: &[OsString]) -> Result<Command, Error> {
    refuse_twice(&command, arguments)?;
    Ok(read_files(command))
}

/// Refuses a secret that is given and lies in a file as well.
fn refuse_twice(command: &Command, arguments: &[OsString]) -> Result<(), Error> {
    for arg in command.get_arguments() {
        let Some(file) = file_in_use(arg) else { continue };
        if is_given(arg, arguments) {
            let name = arg.get_id().as_str().replace('_', "-");
            return Err(Error::invalid(file, format!("--{name} is given as well: give one of the two")));
        }
    }
    command.get_subcommands().try_for_each(|subcommand| refuse_twice(subcommand, arguments))
}

/// Of commands within commands as well, such as `audit verify`.
fn read_files(command: Command) -> Command {
    command.mut_args(read_file).mut_subcommands(read_files)
}

/// Whether an option is secret.
pub fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<Secret>()
}

/// The variable that names an option's file, if the option is secret and the variable is set.
fn file_in_use(arg: &Arg) -> Option<String> {
    let file = format!("{}_FILE", arg.get_env()?.to_str()?);
    (is_secret(arg) && std::env::var_os(&file).is_some()).then_some(file)
}

/// Whether an option is given by its own variable or on the command line.
fn is_given(arg: &Arg, arguments: &[OsString]) -> bool {
    let Some(flag) = arg.get_long().map(|long| format!("--{long}")) else { return false };
    let on_the_line = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        argument.strip_prefix(&flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    arg.get_env().is_some_and(|own| std::env::var_os(own).is_some()) || arguments.iter().any(on_the_line)
}

fn read_file(arg: Arg) -> Arg {
    match file_in_use(&arg) {
        // clap keeps the names of variables for as long as the process lives
        Some(file) => arg.env(&*file.leak()).value_parser(Secret::read),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::marker::PhantomData;

    use super::*;

    /// Tells whether a type can be printed: a method of its own is found before that of a trait, if its bound holds.
    struct Printed<T>(PhantomData<T>);

    trait Hidden {
        fn debug(&self) -> bool {
            false
        }

        fn display(&self) -> bool {
            false
        }
    }

    impl<T> Hidden for Printed<T> {}

    impl<T: Debug> Printed<T> {
        fn debug(&self) -> bool {
            true
        }
    }

    impl<T: Display> Printed<T> {
        fn display(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        let (text, secret) = (Printed::<String>(PhantomData), Printed::<Secret>(PhantomData));
        assert_eq!([text.debug(), text.display()], [true; 2]);
        assert_eq!([secret.debug(), secret.display()], [false; 2]);
        let many = Printed::<Option<Vec<Secret>>>(PhantomData);
        assert_eq!([many.debug(), many.display()], [false; 2]);
    }

    #[test]
    fn a_file_holds_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = |held: &str| {
            std::fs::write(&path, held).unwrap();
            Secret::read(path.to_str().unwrap()).map(|secret| secret.reveal().to_owned())
        };
        for held in ["hunter2", "hunter2\n", "hunter2\r\n"] {
            assert_eq!(read(held).unwrap(), "hunter2");
        }
        assert_eq!(read(" a b ").unwrap(), " a b ");
        assert!(read("").is_err() && read("\n").is_err());
    }
}
