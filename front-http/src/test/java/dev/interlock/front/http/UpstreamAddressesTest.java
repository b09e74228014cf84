package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.LoopThreads;
import dev.interlock.gate.NotSentException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which addresses a name in the seal may resolve to, and which it may not. */
@Timeout(300)
final class UpstreamAddressesTest {

    private static InetAddress[] ask(String host, boolean inside, InetAddress... there) throws UnknownHostException {
        return new UpstreamAddresses(URI.create("https://" + host), inside, _ -> there).ask();
    }

    private static InetAddress at(String address) throws UnknownHostException {
        return InetAddress.getByName(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "0.0.0.0",
                "0.1.2.3",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "100.100.100.200",
                "168.63.129.16",
                "fe80::1",
                "::",
                "ff02::1",
                "fd00:ec2::254",
                "fd20:ce::254",
                "::ffff:169.254.169.254",
                "::169.254.169.254",
                "::ffff:0:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b::168.63.129.16",
                "64:ff9b:1::a9fe:a9fe",
                "64:ff9b:1:a9fe:a9:fe00::",
                "64:ff9b:1:fffe:a9:fe00::",
                "64:ff9b:1:a9:fe:a9fe::",
                "64:ff9b:1:ffff:a9:fea9:fe00:0",
                "2002:a9fe:a9fe::1",
                "2002:a83f:8110::",
                "2001:0:a9fe:a9fe::1",
                "2001:0:4136:e378:8000:63bf:5601:5601",
                "2001:db8::5efe:169.254.169.254",
                "2001:db8::200:5efe:169.254.169.254"
            })
    void aNameNeverResolvesToALocalAddress(String address) throws Exception {
        for (boolean inside : new boolean[] {false, true}) {
            assertThatThrownBy(() -> ask("api.example.com", inside, at(address)))
                    .isInstanceOf(UnknownHostException.class);
            InetAddress good = at("203.0.113.7");
            assertThat(ask("api.example.com", inside, at(address), good)).containsExactly(good);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.44.44.44",
                "10.1.2.3",
                "172.16.0.1",
                "172.31.255.254",
                "192.168.0.1",
                "100.64.0.1",
                "100.127.255.254",
                "192.0.0.8",
                "198.18.0.1",
                "198.19.255.254",
                "::1",
                "fd12::1",
                "fc00::1",
                "fec0::1",
                "::ffff:127.0.0.1",
                "::10.1.2.3",
                "64:ff9b::10.1.2.3",
                "64:ff9b::127.0.0.1",
                "64:ff9b:1::203.0.113.7",
                "2002:c0a8:1::",
                "2002:7f00:1::1",
                "2001:0:cb00:7107::f5fe:fdfc"
            })
    void aPrivateAddressNeedsTheSealsPermission(String address) throws Exception {
        InetAddress there = at(address);
        assertThatThrownBy(() -> ask("git.corp.example", false, there))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("private: true");
        assertThat(ask("git.corp.example", true, there)).containsExactly(there);
        InetAddress good = at("203.0.113.7");
        assertThat(ask("git.corp.example", false, there, good)).containsExactly(good);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.7",
                "8.8.8.8",
                "100.63.255.255",
                "100.128.0.1",
                "192.0.1.1",
                "198.17.255.255",
                "198.20.0.1",
                "172.15.0.1",
                "172.32.0.1",
                "192.167.1.1",
                "2606:4700::1111",
                "64:ff9b::203.0.113.7",
                "2002:cb00:7107::1",
                "2001:4860:4860::8888",
                "::ffff:203.0.113.7"
            })
    void publicAddressesAreReached(String address) throws Exception {
        assertThat(ask("api.example.com", false, at(address))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"169.254.169.254", "[fe80::1]", "127.0.0.1", "10.1.2.3", "localhost"})
    void anAddressWrittenInTheSealIsUsed(String host) throws Exception {
        assertThat(new UpstreamAddresses(URI.create("https://" + host), false, InetAddress::getAllByName).ask())
                .isNotEmpty();
    }

    /** Returns a listener that accepts and sends nothing. */
    private static ServerSocketChannel listener(String address, int port) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(address, port));
        listener.configureBlocking(false);
        return listener;
    }

    /** The name resolves differently each time. The connection goes to the address that was checked. */
    @Test
    void theCheckedAddressIsTheConnectedOne() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
                ServerSocketChannel elsewhere =
                        listener("127.0.0.2", upstream.address().getPort())) {
            UpstreamDial dial = new UpstreamDial(
                    new UpstreamAddresses(
                            URI.create("http://rebound.example.com:"
                                    + upstream.address().getPort()),
                            true,
                            _ -> new InetAddress[] {at(asked.getAndIncrement() == 0 ? "127.0.0.1" : "127.0.0.2")}),
                    Optional.empty(),
                    false,
                    UpstreamLimits.DEFAULT,
                    _ -> {});
            UpstreamTransport line = dial.dial(loops.next());
            assertThat(line).isNotNull();
            assertThat(asked).hasValue(1);
            assertThat(elsewhere.accept()).isNull();
        } finally {
            loops.shutdownGracefully();
        }
    }

    /** The system's resolver may wait for seconds, in native code: as long as that, a loop would serve nobody. */
    @Test
    void namesAreResolvedBesideTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", UpstreamDial.class.getModule()))
                .isTrue();
        List<String> threads = new CopyOnWriteArrayList<>();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            UpstreamDial dial = new UpstreamDial(
                    new UpstreamAddresses(upstream.address(), true, _ -> {
                        threads.add(Thread.currentThread().toString());
                        return new InetAddress[] {at("127.0.0.1")};
                    }),
                    Optional.empty(),
                    false,
                    UpstreamLimits.DEFAULT,
                    _ -> {});
            EventLoop loop = loops.next();
            CompletableFuture<Boolean> dialled = new CompletableFuture<>();
            LoopThreads.unstarted(loop, () -> {
                        threads.add(Thread.currentThread().toString());
                        try {
                            dialled.complete(dial.dial(loop) instanceof UpstreamConnection line && line.isOn(loop));
                        } catch (NotSentException e) {
                            dialled.completeExceptionally(e);
                        }
                    })
                    .start();
            assertThat(dialled.get()).isTrue();
            assertThat(threads.getFirst()).contains("EventLoop");
            assertThat(threads.getLast()).doesNotContain("EventLoop");
        } finally {
            loops.shutdownGracefully();
        }
    }

    /** A name that resolves to an internal address gets no connection at all. */
    @Test
    void forbiddenAddressesAreNotConnectedTo() throws Exception {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ServerSocketChannel inside = listener("127.0.0.1", 0)) {
            int port = ((InetSocketAddress) inside.getLocalAddress()).getPort();
            UpstreamDial dial = new UpstreamDial(
                    new UpstreamAddresses(URI.create("http://rebound.example.com:" + port), false, _ ->
                            new InetAddress[] {at("127.0.0.1")}),
                    Optional.empty(),
                    false,
                    UpstreamLimits.DEFAULT,
                    _ -> {});
            assertThatThrownBy(() -> dial.dial(loops.next())).isInstanceOf(NotSentException.class);
            assertThat(inside.accept()).isNull();
        } finally {
            loops.shutdownGracefully();
        }
    }
}
