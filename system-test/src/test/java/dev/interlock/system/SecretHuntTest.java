package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.confine.SandboxLauncher;
import dev.interlock.drill.railway.InjectedFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that the upstream's real tokens are in the vault only, and nowhere else in any reversible form. */
@Timeout(300)
@Tag("process")
final class SecretHuntTest {

    /** Prints all that an agent sees: its environment, its processes, and every file but the system's own. */
    private static final String LOOK_ROUND = "env; cat /proc/*/environ /proc/*/cmdline;"
            + " find / \\( -path /proc -o -path /usr -o -path /sys -o -path /dev \\) -prune"
            + " -o -type f -size -4096k -exec cat {} + ; echo; echo looked-round";

    private static Installation installation;
    private static SecretSearch hunt;

    @BeforeAll
    static void open() throws Exception {
        installation = Installation.open(true);
        hunt = new SecretSearch(installation.railway().tokens().values());
        everyKindOfTraffic();
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
    }

    private static void everyKindOfTraffic() throws Exception {
        Agent agent = installation.agent();
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
        assertThat(agent.ask(Agent.variable("LOG_LEVEL", "debug")).status()).isEqualTo(200);
        assertThat(agent.ask(Agent.delete(TestingRailway.SHARED)).kind()).isEqualTo("denied");
        String delete = Agent.delete(TestingRailway.disposable(0));
        installation.sign(agent.ask(delete).hold(), "sam");
        Agent.Answer released = agent.ask(delete);
        assertThat(released.status()).as(released.body()).isEqualTo(200);
        // An agent that found the real tokens sends them to the gateway: they are refused, and must not be stored
        // either.
        for (String token : installation.railway().tokens().values()) {
            try (Agent found = new Agent(installation.port(), token)) {
                assertThat(found.ask(delete).kind()).isEqualTo("foreign_credential");
            }
            Agent.Answer beside = agent.send(agent.request(delete).header("Project-Access-Token", token));
            assertThat(beside.kind()).isEqualTo("foreign_credential");
        }
        // An upstream that fails, and one that cuts the line.
        for (InjectedFault fault : List.of(InjectedFault.ERROR, InjectedFault.GARBAGE, InjectedFault.CUT_AFTER_APPLY)) {
            installation.railway().fail(fault, "LOG_LEVEL");
            agent.ask(Agent.variable("LOG_LEVEL", fault.name()));
        }
    }

    @Test
    void noFileHoldsASecret() throws Exception {
        // The search includes the vault, whose content is encrypted.
        assertThat(installation.root().resolve("data/vault")).isNotEmptyDirectory();
        assertThat(hunt.files(installation.root())).isEmpty();
    }

    @Test
    void noProcessShowsASecret() throws Exception {
        assertThat(hunt.processes()).isEmpty();
    }

    @Test
    void noReceiptHoldsASecret() throws Exception {
        String receipts = installation.receipts().toString();
        assertThat(receipts).contains("foreign_credential");
        assertThat(hunt.text("receipts", receipts.getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void noAgentSeesASecret() throws Exception {
        assumeTrue(SandboxLauncher.check().ready(), "agents cannot be confined here");
        Path workspace = installation.workspace("hunted");
        byte[] seen = lookRound(workspace);
        assertThat(hunt.text("sandbox", seen)).isEmpty();

        Files.writeString(workspace.resolve("planted"), token());
        assertThat(hunt.text("sandbox", lookRound(workspace))).isNotEmpty();
        Files.delete(workspace.resolve("planted"));
    }

    private static byte[] lookRound(Path workspace) throws Exception {
        List<String> command = List.of(
                "run",
                "--agent=jer/cursor",
                "--task=fix-staging",
                "--workspace=" + workspace,
                "--",
                "/bin/sh",
                "-c",
                LOOK_ROUND);
        String seen = installation.interlock(command, "").out();
        assertThat(seen).contains("INTERLOCK_LEASE=ilk_").endsWith("looked-round");
        return seen.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theSearchFindsPlantedSecrets() throws Exception {
        for (Map.Entry<String, String> form : SecretSearch.forms(token()).entrySet()) {
            Path planted = installation.root().resolve("data/planted");
            Files.writeString(planted, "x" + form.getValue() + "y");
            assertThat(hunt.files(installation.root())).as(form.getKey()).isNotEmpty();
            Files.delete(planted);
        }
        ProcessBuilder sleeper = new ProcessBuilder("sleep", "60");
        sleeper.environment().put("PLANTED", SecretSearch.forms(token()).get("hex"));
        Process process = sleeper.start();
        try {
            assertThat(hunt.processes())
                    .containsExactly("/proc/" + process.pid() + "/environ: " + "hex of " + token().hashCode());
        } finally {
            process.destroyForcibly().onExit().join();
        }
    }

    private static String token() {
        return installation.railway().tokens().get("railway-destroy");
    }
}
