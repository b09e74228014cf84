package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what of a request people sign for. */
class HttpCallTest {

    private static Json.Members signed(Header... headers) {
        return call(headers).canonical(SaltedDigests.OPEN);
    }

    private static HttpCall call(Header... headers) {
        return new HttpCall("POST", "api.example", "/things", List.of(), List.of(headers), Bytes.utf8("{}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/json",
                "application/vnd.github+json",
                "application/json, text/plain;q=0.9, */*;q=0.1",
                "application/json,text/event-stream",
            })
    void theFormOfTheAnswerIsNotSigned(String accept) {
        Header header = new Header("accept", accept);
        assertThat(signed(header)).isEqualTo(signed());
        assertThat(call(header).without(Set.of("accept")).canonical(SaltedDigests.OPEN))
                .isEqualTo(signed());
    }

    /** Some providers choose a version or a preview of their API by it, which may do something else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/vnd.github.v4+json",
                "application/vnd.github.nebula-preview+json",
                "application/vnd.heroku+json; version=3",
                "application/json, application/vnd.github.nebula-preview+json",
                "application/json;v=2",
                "nonsense",
                "",
            })
    void aVersionOrPreviewIsSigned(String accept) {
        assertThat(signed(new Header("accept", accept))).isNotEqualTo(signed());
    }

    /** Clients add such headers by themselves, and who writes a plan does not know them. */
    @Test
    void whatDoesNothingUpstreamIsNotSigned() {
        assertThat(signed(new Header("mcp-protocol-version", "2025-06-18"))).isEqualTo(signed());
        HttpCall sent = call(new Header("x-mode", "fast"), new Header("x-client", "9"));
        assertThat(sent.rewritten(List.of(), List.of(new Header("x-mode", "fast")), sent.body())
                        .canonical(SaltedDigests.OPEN))
                .isEqualTo(signed(new Header("x-mode", "fast")));
    }

    @Test
    void otherHeadersAreSigned() {
        assertThat(signed(new Header("x-mode", "*/*"))).isNotEqualTo(signed());
    }
}
