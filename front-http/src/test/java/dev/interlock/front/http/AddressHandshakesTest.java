package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class AddressHandshakesTest {

    private final AtomicLong nanos = new AtomicLong();
    private final AddressHandshakes handshakes = new AddressHandshakes(nanos::get);

    private static InetAddress address(String text) throws UnknownHostException {
        return InetAddress.getByName(text);
    }

    private boolean whole(String text) throws UnknownHostException {
        boolean begun = handshakes.begin(address(text));
        if (begun) {
            handshakes.end(address(text));
        }
        return begun;
    }

    @Test
    void anAddressBeginsAFewAtOnceAndThenOneAtATime() throws Exception {
        for (int i = 0; i < AddressHandshakes.BURST; i++) {
            assertThat(whole("10.0.0.1")).isTrue();
        }
        assertThat(whole("10.0.0.1")).isFalse();
        assertThat(whole("10.0.0.2")).as("others are not affected").isTrue();
        nanos.addAndGet(AddressHandshakes.PAUSE);
        assertThat(whole("10.0.0.1")).isTrue();
        assertThat(whole("10.0.0.1")).isFalse();
    }

    @Test
    void anAddressHasFewUnfinishedHandshakes() throws Exception {
        for (int i = 0; i < AddressHandshakes.UNFINISHED; i++) {
            assertThat(handshakes.begin(address("10.0.0.1"))).isTrue();
        }
        assertThat(handshakes.begin(address("10.0.0.1"))).isFalse();
        handshakes.end(address("10.0.0.1"));
        assertThat(handshakes.begin(address("10.0.0.1"))).isTrue();
    }

    @Test
    void aNetworkOfIpv6IsOneAddress() throws Exception {
        for (int i = 0; i < AddressHandshakes.BURST; i++) {
            assertThat(whole("2001:db8::" + Integer.toHexString(i + 1))).isTrue();
        }
        assertThat(whole("2001:db8::ffff")).isFalse();
        assertThat(whole("2001:db8:0:1::1")).isTrue();
    }

    @Test
    void manyAddressesTakeLittleMemory() throws Exception {
        for (int i = 0; i < 2 * AddressHandshakes.ADDRESSES; i++) {
            assertThat(handshakes.begin(address("10.1." + i / 256 + "." + i % 256)))
                    .isTrue();
        }
        assertThat(handshakes.size()).isEqualTo(AddressHandshakes.ADDRESSES);
    }
}
