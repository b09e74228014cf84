package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.SecretHunt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Erases what a log says of somebody, as an owner does, and has the log verified as a stranger would. */
@Timeout(300)
@Tag("process")
final class TextErasureTest {

    /** Somebody's volume: its name stands for theirs. */
    private static final String ALICE = TestingRailway.disposable(0);

    @Test
    void theTextsOfAPersonGoAndTheProofStays() throws Exception {
        try (Installation installation = Installation.openWithRetention()) {
            Agent agent = installation.agent();
            agent.ask(Agent.read());
            String delete = Agent.delete(TestingRailway.disposable(0));
            installation.sign(agent.ask(delete).hold(), "sam");
            String released = agent.ask(delete).receipt().orElseThrow();
            Programs.await(
                    "the outcome is on record",
                    () -> !installation.outcomes(released).isEmpty());
            assertThat(installation.receipts().toString()).contains(ALICE);

            List<String> erase = List.of("texts", "erase", "--subject=" + ALICE, "--json");
            assertThat(texts(installation, 0, with(erase, "--dry-run"))).contains("\"held\":[]");
            texts(installation, 0, List.of("texts", "hold", "case-7", "--subject=" + ALICE, key(installation, "sam")));
            assertThat(texts(installation, 1, with(erase, key(installation, "sam"))))
                    .doesNotContain("receipts");
            texts(installation, 0, List.of("texts", "lift", "case-7", key(installation, "sam")));
            String frozen = installation
                    .interlock(List.of("texts", "erase", "--subject=" + ALICE, key(installation, "sam")), "")
                    .expect(1)
                    .err();
            String freeze = frozen.replaceAll("(?s).*have not ended: (F-\\w+)\\..*", "$1");
            texts(installation, 0, List.of("freeze", "lift", freeze, key(installation, "sam")));
            texts(installation, 1, with(erase, key(installation, "jer"))); // owns the agent, by a software key
            texts(installation, 0, with(erase, key(installation, "sam")));

            assertThat(installation.receipts().toString()).doesNotContain(ALICE).contains("volumeDelete", "(sealed)");
            String proof = installation
                    .interlock(List.of("prove", released), "")
                    .expect(0)
                    .out();
            assertThat(proof).doesNotContain(ALICE);
            installation.stop();
            Path root = installation.ledger().getParent();
            assertThat(new SecretHunt(ALICE).in(root)) // the seal itself names the volume, in its envelope
                    .allMatch(found -> found.matches("(seal\\.json|seals/.*|store\\.db) \\(base64.*"));
            assertThat(new SecretHunt(ALICE).in(root.resolveSibling("replica"))).isEmpty();
            installation.up(List.of());
            assertThat(installation.receipts().toString()).doesNotContain(ALICE);
        }
    }

    private static String key(Installation installation, String person) {
        return "--key=" + installation.key(person);
    }

    private static List<String> with(List<String> arguments, String more) {
        List<String> all = new ArrayList<>(arguments);
        all.add(more);
        return all;
    }

    private static String texts(Installation installation, int code, List<String> arguments) throws Exception {
        return installation.interlock(arguments, "").expect(code).out();
    }
}
