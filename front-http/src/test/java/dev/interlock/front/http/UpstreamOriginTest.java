package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UpstreamOriginTest {

    @ParameterizedTest
    @ValueSource(strings = {"https://docs.example.com", "https://docs.example.com:443", "https://a.b.c.example"})
    void aNameWithADotMayBePublic(String address) {
        assertThat(UpstreamOrigin.of(URI.create(address)).mayBePublic()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://docs.example.com",
                "https://docs.example.com:8443",
                "https://localhost",
                "https://db",
                "https://app.localhost",
                "https://127.0.0.1",
                "https://127.1",
                "https://[::1]",
                "https://*"
            })
    void otherOriginsAreNotPublic(String address) {
        assertThat(UpstreamOrigin.of(URI.create(address)).mayBePublic()).isFalse();
    }
}
