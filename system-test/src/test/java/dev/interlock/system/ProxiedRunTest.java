package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An agent in {@code interlock run} whose tools call the provider where it really is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProxiedRunTest {

    private static final String URL = "https://" + Railway.HOST + "/graphql/v2";

    private Installation installation;
    private Path workspace;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
        workspace = installation.workspace("workspace");
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private static String curl(String query, String more) {
        String body = Json.object().with("query", query).canonicalText().replace("'", "'\\''");
        return "curl -sS -m 50 " + more + " -H 'Content-Type: application/json' --data-raw '" + body + "' " + URL;
    }

    @Test
    void whatIsReadIsAnsweredByTheProvider() throws Exception {
        Programs.Ended ended = installation.run(workspace, curl(Agent.read(), ""));
        assertThat(ended.out()).as(ended.err()).contains("\"data\"", "staging");
    }

    @Test
    void whatDestroysIsHeldThoughTheToolKnowsNoGateway() throws Exception {
        Programs.Ended ended = installation.run(
                workspace, curl(Agent.delete(Railway.disposable(0)), "-w '\\n%{http_code} %{http_version}'"));
        assertThat(ended.out()).as(ended.err()).contains("confirmation_required", "\n403 2");
        assertThat(installation.railway().exists(Railway.disposable(0))).isTrue();
    }
}
