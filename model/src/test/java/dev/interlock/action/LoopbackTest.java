package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoopbackTest {

    @ParameterizedTest
    @MethodSource("dev.interlock.testing.Loopbacks#table")
    void policyAndAlertsAgree(URI address, boolean here) {
        assertThat(Loopback.isPlainHttp(address)).isEqualTo(here);
    }

    @Test
    void whatIsNoAddressIsElsewhere() {
        assertThat(Loopback.isHost("127.0.0.999")).isFalse();
        assertThat(Loopback.isHost("127.1")).isFalse();
        assertThat(Loopback.isHost("")).isFalse();
        assertThat(Loopback.isPlainHttp(URI.create("http:opaque"))).isFalse();
    }
}
