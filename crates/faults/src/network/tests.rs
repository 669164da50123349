//! Connections carry bytes both ways until they are refused or cut.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[tokio::test]
async fn bytes_go_both_ways_and_end_when_an_end_is_dropped() {
    let network = SimNetwork::default();
    let mut listener = network.listen(anywhere()).await.unwrap();
    let mut client = network.connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    client.write_all(b"ask").await.unwrap();
    let mut asked = [0; 3];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"answer").await.unwrap();
    drop(server);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!((asked.as_slice(), answer.as_slice()), (b"ask".as_slice(), b"answer".as_slice()));
}

#[tokio::test]
async fn a_cut_wakes_a_waiting_reader_and_leaves_new_connections_alone() {
    let network = Arc::new(SimNetwork::default());
    let mut listener = network.listen(anywhere()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = network.connect(address).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let waiting = tokio::spawn(async move { client.read_u8().await });
    tokio::task::yield_now().await;
    network.cut();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(server.write_all(b"late").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut again = network.connect(address).await.unwrap();
    again.write_all(b"new").await.unwrap();
}

#[tokio::test]
async fn nobody_home_refused_and_taken_addresses_are_told_apart() {
    let network = SimNetwork::default();
    let nobody = network.connect(SocketAddr::from(([127, 0, 0, 1], 1))).await.err().unwrap();
    assert_eq!(nobody.kind(), ErrorKind::ConnectionRefused);
    let listener = network.listen(anywhere()).await.unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(network.listen(address).await.err().unwrap().kind(), ErrorKind::AddrInUse);
    network.refuse(address, true);
    assert_eq!(network.connect(address).await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    network.refuse(address, false);
    network.connect(address).await.unwrap();
    drop(listener);
    network.listen(address).await.unwrap();
}
