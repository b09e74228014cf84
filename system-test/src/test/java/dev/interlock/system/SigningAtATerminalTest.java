package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests {@code hold sign} at a terminal: it shows the statement and asks before it uses any key. */
@Timeout(300)
@Tag("process")
final class SigningAtATerminalTest {

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Programs.has("python3") || Files.exists(Path.of("/root/.pyenv/shims/python3")), "needs python3");
        installation = Installation.openWithConsole();
    }

    @AfterEach
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
    }

    private Json.Members sign(String hold, String steps) throws Exception {
        return installation.atATerminal(
                steps,
                List.of(
                        "hold",
                        "sign",
                        hold,
                        "--config=" + installation.configuration(),
                        "--key=" + installation.key("ann")));
    }

    private Json.Members shown(String hold) throws IOException {
        return installation.admin("hold.show", Json.object().with("hold", hold));
    }

    @Test
    void withoutAnExplicitYesNothingIsSigned() throws Exception {
        String hold = installation
                .agent()
                .ask(Agent.delete(TestingRailway.disposable(0)))
                .hold();
        for (String answer : List.of("", "y", "YES", "no", " yes please")) {
            Json.Members seen = sign(hold, "[[\"Type yes to sign this\",\"type\",\"" + answer + "\\n\"]]");
            assertThat(seen.whole("exit")).as(seen.text("drawn")).isNotZero();
            assertThat(seen.text("drawn")).contains(TestingRailway.disposable(0), "nothing was signed");
            assertThat(shown(hold).texts("signers")).isEmpty();
        }
        Json.Members seen = sign(hold, "[[\"Type yes to sign this\",\"type\",\"yes\\n\"]]");
        assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
        assertThat(shown(hold).texts("signers")).containsExactly("ann");
    }

    /** Where policy demands the resource's name, typing it replaces the yes. */
    @Test
    void aMistypedNameSignsNothing() throws Exception {
        String hold = installation
                .agentInProduction()
                .ask(Agent.delete(TestingRailway.SHARED))
                .hold();
        String name = "railway:volume/" + TestingRailway.SHARED;
        Json.Members slipped = sign(hold, "[[\"Type the name exactly\",\"type\",\"" + name + "x\\n\"]]");
        assertThat(slipped.whole("exit")).as(slipped.text("drawn")).isNotZero();
        assertThat(shown(hold).texts("signers")).isEmpty();
        Json.Members seen = sign(hold, "[[\"Type the name exactly\",\"type\",\"" + name + "\\n\"]]");
        assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
        assertThat(seen.text("drawn")).contains("Still missing");
        assertThat(shown(hold).texts("signers")).containsExactly("ann");
    }

    /** A denial cannot be taken back: the agent cannot ask for the same again. */
    @Test
    void aDenialWithoutAReasonAsksOnce() throws Exception {
        String hold = installation
                .agent()
                .ask(Agent.delete(TestingRailway.disposable(0)))
                .hold();
        Json.Members kept = deny(hold, "[[\"y or n\",\"type\",\"\\n\"]]");
        assertThat(kept.whole("exit")).as(kept.text("drawn")).isNotZero();
        assertThat(kept.text("drawn")).contains("Deny " + hold + " without a reason?", "nothing was denied");
        assertThat(installation.stateOf(hold)).isEqualTo("open");

        Json.Members denied = deny(hold, "[[\"y or n\",\"type\",\"y\\n\"]]");
        assertThat(denied.whole("exit")).as(denied.text("drawn")).isZero();
        assertThat(installation.stateOf(hold)).isEqualTo("denied");

        String other = installation
                .agent()
                .ask(Agent.delete(TestingRailway.disposable(1)))
                .hold();
        Json.Members reasoned = deny(other, "[]", "--reason=use the copy");
        assertThat(reasoned.whole("exit")).as(reasoned.text("drawn")).isZero();
        assertThat(installation.stateOf(other)).isEqualTo("denied");
    }

    private Json.Members deny(String hold, String steps, String... more) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("hold", "deny", hold, "--config=" + installation.configuration()));
        command.addAll(List.of(more));
        return installation.atATerminal(steps, command);
    }
}
