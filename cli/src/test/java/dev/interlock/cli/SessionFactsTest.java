package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.session.SessionSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the summary of a session whose agent did very much of one kind, over a real admin socket. */
final class SessionFactsTest {

    @TempDir
    private Path directory;

    private final Ledger ledger = new Ledger();
    private AdminServer server;

    @BeforeEach
    void open() throws IOException {
        server = AdminServer.start(
                directory.resolve("admin.sock"), Set.of(Files.getOwner(Path.of("/proc/self"))), ledger);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private AdminClient client() {
        return AdminClient.at(directory.resolve("admin.sock"));
    }

    private static Json.Members action(String operation, String impact, String environment) {
        return Json.object()
                .with("operation", operation)
                .withTexts("impacts", List.of(impact))
                .with(
                        "resources",
                        new Json.Array(List.of(
                                Json.object().with("id", "r").withTexts("environments", List.of(environment)))));
    }

    private void add(String kind, Json.Members more) {
        ledger.receipts.addFirst(more.with("id", "R-" + ledger.receipts.size())
                .with("kind", kind)
                .with("at", "2026-11-20T08:00:00Z"));
    }

    private void call(String operation, String impact) {
        add("intent", Json.object().with("actions", new Json.Array(List.of(action(operation, impact, "staging")))));
        String intent = ledger.receipts.getFirst().text("id");
        add(
                "outcome",
                Json.object().with("intent", intent).with("result", "done").with("secret_size", "x".repeat(99)));
    }

    private void refusal() {
        add(
                "refused",
                Json.object()
                        .with("refusal", "denied")
                        .with("reason", "It is production.")
                        .with("actions", new Json.Array(List.of(action("volumeDelete", "destroy", "production")))));
    }

    /** There are more receipts than one answer of the gateway holds, and more than one of each kind. */
    @Test
    void whatAnAgentWasRefusedIsNotPushedOutByWhatItMayDo() throws Exception {
        refusal();
        call("write", "write");
        for (int i = 0; i < 5_000; i++) {
            call("read", "read");
        }
        SessionFacts facts = SessionFacts.of(client(), "L-1");
        assertThat(facts.account().refused())
                .containsExactly(new SessionSummary.DeniedCalls("denied", "volumeDelete", "It is production.", 1));
        assertThat(facts.account().letThrough())
                .containsExactly(
                        new SessionSummary.AllowedCalls(Set.of("read"), Set.of("staging"), 5_000),
                        new SessionSummary.AllowedCalls(Set.of("write"), Set.of("staging"), 1));
        assertThat(facts.account().receipts()).isEqualTo(10_003);
        assertThat(facts.account().whole()).isTrue();
    }

    @Test
    void whereThereIsMoreThanIsReadThatIsSaid() throws Exception {
        refusal();
        add("admin", Json.object().with("command", "session.record").with("manifest_sha256", "0"));
        for (int i = 0; i < 7; i++) {
            call("read", "read");
        }
        assertThat(SessionFacts.of(client(), "L-1", 2, 8).account().whole()).isTrue();
        SessionFacts cut = SessionFacts.of(client(), "L-1", 2, 6);
        assertThat(cut.account().whole()).isFalse();
        assertThat(cut.proof()).isPresent();
        assertThat(cut.account().refused()).hasSize(1);
        assertThat(cut.account().letThrough())
                .containsExactly(new SessionSummary.AllowedCalls(Set.of("read"), Set.of("staging"), 6));
        assertThat(cut.account().json().flag("whole")).isFalse();
    }

    /** A fake gateway with receipts, the newest first. */
    private static final class Ledger implements CommandRunner {

        private final List<Json.Members> receipts = new ArrayList<>();

        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results) {
            assertThat(command).isEqualTo("receipts");
            assertThat(arguments.text("lease")).isEqualTo("L-1");
            Optional<String> kind = arguments.optionalText("kind");
            Optional<String> before = arguments.optionalText("before");
            int from = before.map(id -> receipts.stream()
                                    .map(one -> one.text("id"))
                                    .toList()
                                    .indexOf(id)
                            + 1)
                    .orElse(0);
            results.accept(Json.object()
                    .with(
                            "receipts",
                            new Json.Array(List.copyOf(receipts.subList(from, receipts.size()).stream()
                                    .filter(one -> kind.filter(word -> !word.equals(one.text("kind")))
                                            .isEmpty())
                                    .limit(Math.min(arguments.whole("limit"), 10_000))
                                    .toList()))));
        }

        @Override
        public void refused(Peer peer, String command) {
            throw new AssertionError("this process is entitled");
        }
    }
}
