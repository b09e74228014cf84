package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.front.git.PushAdmission;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests that further pages of a list are named as the list was asked for. */
class PageLinksTest {

    private static UpstreamRoutes.UpstreamRoute route(URI upstream) {
        UpstreamRoutes.UpstreamRoute plain = FrontFixture.route(upstream);
        return new UpstreamRoutes.UpstreamRoute(
                plain.server(),
                plain.carriers(),
                plain.graphql(),
                plain.longBodies(),
                _ -> false,
                PushAdmission.NONE,
                McpReader.NONE,
                (path, linked) -> path.equals("/repos/acme/shop/issues") && linked.equals("/repositories/7/issues"),
                _ -> true);
    }

    private static String named(String link) {
        return new PageLinks(route(URI.create("https://api.example.com")), "/repos/acme/shop/issues").named(link);
    }

    @Test
    void onlyPagesAtTheUpstreamItselfAreNamedAnew() {
        assertThat(named("<https://api.example.com/repositories/7/issues?page=2&q=a%20b>; rel=\"next\","
                        + " <https://api.example.com/repositories/7/issues?page=9>; rel=\"last\""))
                .isEqualTo("<https://api.example.com/repos/acme/shop/issues?page=2&q=a%20b>; rel=\"next\","
                        + " <https://api.example.com/repos/acme/shop/issues?page=9>; rel=\"last\"");
        for (String other : List.of(
                "<https://api.example.com/repositories/7/labels?page=2>; rel=\"next\"",
                "<https://evil.example/repositories/7/issues>; rel=\"next\"",
                "<https://x@api.example.com/repositories/7/issues>; rel=\"next\"",
                "<http://api.example.com/repositories/7/issues>; rel=\"next\"",
                "</repositories/7/issues>; rel=\"next\"",
                "<:\\>; $1",
                "")) {
            assertThat(named(other)).isEqualTo(other);
        }
    }

    @Test
    void theClientGetsTheNameOfItsOwnRequest() throws Exception {
        String answer = "HTTP/1.1 200 OK\r\nLink: <%s/repositories/7/issues?page=2>; rel=\"next\"\r\n"
                + "Content-Length: 0\r\n\r\n";
        try (ScriptedUpstream first = ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
            String address = first.address().toString();
            try (ScriptedUpstream upstream = ScriptedUpstream.always(answer.formatted(address));
                    FrontFixture front = new FrontFixture(route(upstream.address()), FrontFixture.PATIENT);
                    RawClient client = front.client()) {
                assertThat(client.send(front.request("GET", "/up/repos/acme/shop/issues", ""))
                                .reply()
                                .head())
                        .as("another host stays as it is")
                        .contains("link: <" + address + "/repositories/7/issues?page=2>; rel=\"next\"");
            }
        }
    }
}
