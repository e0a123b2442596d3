#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
pub(crate) async fn run(_args: Args, _globals: &super::Globals) -> anyhow::Result<u8> {
    anyhow::bail!("demo is not there yet")
}
