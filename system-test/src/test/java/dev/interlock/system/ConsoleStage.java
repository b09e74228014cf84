package dev.interlock.system;

import dev.interlock.action.Resource;
import dev.interlock.backup.Rehearsal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** An installation with a console that stays until its input ends, for people who develop pages. */
final class ConsoleStage {

    private ConsoleStage() {}

    /** Prints the console's address, and a new one for each line of input. */
    public static void main(String[] args) throws Exception {
        try (Installation installation = Installation.openWithConsole()) {
            play(installation);
            practise(installation);
            System.out.println(installation.configuration());
            do {
                System.out.println(
                        installation.admin("console.code", Json.object()).text("address"));
            } while (System.in.read() >= 0);
        }
    }

    /** Gives one of two volumes a backup on another device, which was restored an hour ago, and a rehearsal of that. */
    private static void backUp(Installation installation) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Resource volume = Resource.parse("railway:volume/" + TestingRailway.SHARED);
        Json.Members restored = Json.object()
                .with("type", RestoreAttestation.TYPE)
                .with("plan", "bookings")
                .with("of", volume.toString())
                .with("backup", "20261121T034207Z-9f3c2a")
                .with("taken_at", now.minus(Duration.ofHours(3)).toString())
                .with("tried_at", now.minus(Duration.ofHours(1)).toString())
                .with("restored", true)
                .withTexts("wrong", List.of())
                .with("separation", "apart")
                .with("tables", 12)
                .with("rows", 40_211)
                .with("changed", 0)
                .with("origin_sha256", "0a".repeat(32))
                .with("target_sha256", "0b".repeat(32))
                .with("took_seconds", 41);
        installation.admin(
                "backup.attest",
                Json.object()
                        .with("attestation", restored)
                        .with(
                                "signature",
                                signature(installation, "attester", RestoreAttestation.NAMESPACE, restored)));
        Json.Members practised = practised(
                now.minus(Duration.ofDays(12)),
                new Rehearsal.RehearsalStep("restoring", Rehearsal.StepResult.DONE, Duration.ofSeconds(240)));
        installation.admin(
                "backup.rehearsal",
                Json.object()
                        .with("rehearsal", practised)
                        .with("signature", signature(installation, "ann", Rehearsal.NAMESPACE, practised)));
    }

    private static Json.Members practised(Instant at, Rehearsal.RehearsalStep... steps) {
        return new Rehearsal(
                        "bookings",
                        Resource.parse("railway:volume/" + TestingRailway.SHARED),
                        "20261121T034207Z-9f3c2a",
                        at,
                        List.of(steps),
                        List.of())
                .json();
    }

    /** Reports a rehearsal that was just made and is not signed yet; returns the gateway's answer. */
    static Json.Members practise(Installation installation) throws IOException {
        Json.Members said = practised(
                Instant.now(),
                new Rehearsal.RehearsalStep(
                        "shut the shop: https://status.example.com/maintenance",
                        Rehearsal.StepResult.DONE,
                        Duration.ofSeconds(38)),
                new Rehearsal.RehearsalStep("restoring", Rehearsal.StepResult.DONE, Duration.ofSeconds(96)),
                new Rehearsal.RehearsalStep("open it again", Rehearsal.StepResult.DONE, Duration.ofSeconds(71)));
        return installation.admin("backup.rehearsal.unsigned", Json.object().with("rehearsal", said));
    }

    private static String signature(Installation installation, String who, String namespace, Json.Members said)
            throws Exception {
        List<String> sign = List.of(
                "ssh-keygen", "-q", "-Y", "sign", "-f", installation.key(who).toString(), "-n", namespace);
        return Programs.run(sign, said.canonicalText()).expect(0).out();
    }

    /** Plays the agent before anybody views a page: it reads, it is refused, and its calls need confirmations. */
    static String play(Installation installation) throws Exception {
        backUp(installation);
        Agent agent = installation.agent();
        agent.ask(Agent.read());
        agent.ask(Agent.variable("LOG_LEVEL", "debug"));
        agent.ask(Agent.delete(TestingRailway.SHARED));
        String denied = agent.ask(Agent.delete(TestingRailway.disposable(1))).hold();
        installation.admin(
                "hold.deny", Json.object().with("hold", denied).with("reason", "the load test still runs on it"));
        Agent mover = installation.agentInProduction();
        mover.ask(Agent.read());
        agent.ask(Agent.delete(TestingRailway.disposable(0)));
        return mover.ask(Agent.delete(TestingRailway.SHARED)).hold();
    }
}
