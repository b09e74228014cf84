package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what agents may ask hosts that nobody has added. */
final class WebTest {

    private static final RestFixture WEB = RestFixture.of("web");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /",
                "HEAD /",
                "GET /3/library/os.html",
                "GET /guide/",
                "GET /search?q=a%20b&tag=x&tag=y",
                "GET /wiki/Foo_(bar):_baz",
                "GET /@scope/pkg@1.2.3/file.js"
            })
    void pagesAreReadsOfTheirHost(String request) {
        HttpCall call = RestFixture.call(request, "");
        Action action = WEB.action(request, "");
        assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
        assertThat(action.resources()).isEqualTo(Set.of(new Resource("web", "host", call.authority())));
    }

    private static String reason(String request, String body) {
        return WEB.refused(RestFixture.call(request, body)).reason();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /x", "PUT /x", "PATCH /x", "DELETE /x", "OPTIONS /x"})
    void nothingElseIsSent(String request) {
        assertThat(reason(request, "")).contains("agents may only read");
    }

    @Test
    void aBodyIsNotSent() {
        assertThat(reason("GET /x", "{\"a\":1}")).contains("takes none");
    }

    @Test
    void addressAndHeadersAreShort() {
        assertThat(WEB.action("GET /x?q=" + "a".repeat(1900), "").impacts()).isEqualTo(Set.of(Impact.READ));
        assertThat(reason("GET /x?q=" + "a".repeat(2100), "")).contains("sends at most 2048");
        assertThat(reason("GET /" + "a".repeat(2100), "")).contains("sends at most 2048");
        assertThat(reason("GET /x?q=" + "\u00e9".repeat(1100), "")).contains("sends at most 2048");
        assertThat(reason("GET /x?q=" + "a".repeat(2035), "")).contains("sends at most 2048"); // with the host
    }
}
