package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalogs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the forms of a GraphQL request as a real client writes them. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
@Tag("process")
final class GraphqlFormsHttpTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: acme
            protocol: graphql
            endpoints: [/graphql]
            carriers: {headers: [authorization]}
            forwarded-headers: [accept]
            labels: [id]
            inputs: {}
            types: {}
            secrets: {}
            queries: {}
            mutations:
              attach: {takes: "id", impacts: [write], reversibility: reversible, resources: {id: thing}}
            """;

    private HttpCall received(String path, String... arguments) throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
                FrontFixture setting = new FrontFixture(upstream.address())) {
            List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
            command.addAll(List.of(arguments));
            command.add("http://127.0.0.1:" + setting.address.getPort() + "/up" + path);
            Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
            curl.inputReader().readAllLines();
            assertThat(curl.waitFor()).isZero();
            return setting.handler.call(0);
        }
    }

    private static String sent(HttpCall call) {
        CallReading reading = Catalogs.read("acme.yaml", Bytes.utf8(CATALOG)).read(call);
        assertThat(reading).isInstanceOf(CallReading.CallMeaning.class);
        return new String(((CallReading.CallMeaning) reading).outgoing().body().toArray(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void curlsDocument() throws Exception {
        assertThat(sent(received(
                        "/graphql?variables=%7B%22i%22%3A7%7D",
                        "-H",
                        "Content-Type: application/graphql",
                        "--data-binary",
                        "mutation($i: ID!) { attach(id: $i) }")))
                .endsWith("\"variables\":{\"i\":7}}");
    }
}
