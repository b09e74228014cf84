package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests an agent that is bound to its place, asks for an elevation there, and gets it without a restart. */
@Timeout(300)
@Tag("process")
final class ElevationTest {

    private static final String WISH = "{\"environments\": [\"production\"], \"impacts\": [\"read\", \"write\"],"
            + " \"minutes\": 10, \"reason\": \"to compare\"}";

    private static Json.Members curl(Json.Members place, String target, String more, String body) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "120", "--unix-socket"));
        command.addAll(List.of(place.text("socket"), "-H", "@-", "-H", "Content-Type: application/json", "-H", more));
        if (!body.isEmpty()) {
            command.addAll(List.of("-d", body));
        }
        command.add("http://localhost" + target);
        String answer = Programs.run(command, "Authorization: Bearer " + place.text("token") + "\n")
                .expect(0)
                .out();
        return Json.readObject(answer.getBytes(StandardCharsets.UTF_8));
    }

    private static CompletableFuture<Json.Members> wish(Json.Members place, String body) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return curl(place, "/.interlock/elevations", "Prefer: wait=100", body);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aSignedElevationWidensTheLease() throws Exception {
        assumeTrue(Programs.has("curl"), "curl is not installed");
        Installation installation = Installation.shared();
        Set<String> before = installation.openHolds();
        Json.Members place = installation.place();
        String query = Json.object()
                .with("query", "{ environment(id: \"9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001\") { id } }")
                .canonicalText();
        Json.Members refused = curl(place, "/railway/graphql/v2", "Accept: application/json", query);
        assertThat(refused.text("detail"))
                .contains("does not name `production`", "No policy permits `read`")
                .contains("An elevation would not change that.");
        assertThat(refused.text("finality")).isEqualTo("final");
        assertThat(refused.text("next")).doesNotContain("elevat");

        CompletableFuture<Json.Members> wish = wish(place, WISH);
        String hold = installation.awaitHold(before);
        installation
                .interlock(List.of("hold", "narrow", hold, "--impact=read", "--minutes=5"), "")
                .expect(0);
        installation.sign(hold, "sam");
        assertThat(wish.get().text("state")).isEqualTo("given");
        assertThat(wish.get().texts("impacts")).containsExactly("read");

        // The lease covers it now; policy still does not permit it in production.
        Json.Members askable = curl(place, "/railway/graphql/v2", "Accept: application/json", query);
        assertThat(askable.text("detail")).doesNotContain("does not name");
        assertThat(askable.optionalText("elevation")).isEmpty();
        assertThat(curl(place, "/.interlock/elevations/" + hold, "Accept: application/json", "")
                        .text("state"))
                .isEqualTo("given");

        CompletableFuture<Json.Members> other = wish(place, WISH.replace("to compare", "to write"));
        installation.admin(
                "hold.deny",
                Json.object().with("hold", installation.awaitHold(before)).with("reason", "ask me first"));
        assertThat(other.get().text("detail")).contains("ask me first");
        assertThat(installation.receipts().toString())
                .contains("elevation.ask", "elevation.give", "hold.narrow")
                .doesNotContain("ilk_");

        String given = installation.receipts().stream()
                .filter(receipt -> receipt.optionalText("command").equals(Optional.of("elevation.give")))
                .map(receipt -> receipt.text("id"))
                .findFirst()
                .orElseThrow();
        Path proof = installation.root().resolve("given.json");
        Files.writeString(
                proof,
                installation.interlock(List.of("prove", given), "").expect(0).out());
        installation.stop();
        assertThat(verified(installation, proof)).contains("\"signed\":\"yes\"", "\"by\":[\"sam with ");
        assertThat(verified(installation, installation.ledger()))
                .contains("\"confirmed_actions_signed\":\"yes\"", "\"confirmed\":1", "\"weak\":1");
        installation.up(List.of());
        installation.admin("run.close", Json.object().with("lease", place.text("lease")));
    }

    /** Returns the verifier's output about it. */
    private static String verified(Installation installation, Path what) throws Exception {
        return installation
                .interlock(
                        List.of(
                                "verify",
                                what.toString(),
                                "--json",
                                "--vkey",
                                installation.logKey(),
                                "--seal",
                                installation.root().resolve("data/seal.json").toString(),
                                "--seal-key",
                                installation.key("sealer") + ".pub"),
                        "")
                .expect(0)
                .out();
    }

    @Test
    void aPersonElevatesARunningLease() throws Exception {
        Installation installation = Installation.shared();
        Set<String> before = installation.openHolds();
        Json.Members place = installation.place();
        Programs.ProgramResult ended = installation.interlock(
                List.of(
                        "elevate",
                        "--lease=" + place.text("lease"),
                        "--environment=production",
                        "--impact=read",
                        "--key=" + installation.key("sam")),
                "");
        ended.expect(0);
        assertThat(ended.out()).contains("The lease is wider now.");
    }

    /** What was opened for a signature that failed waits, and who opened it must know. */
    @Test
    void anElevationThatIsNotSignedIsNamedWithTheCommandsThatGoOnOrEndIt() throws Exception {
        Installation installation = Installation.shared();
        Set<String> before = installation.openHolds();
        Json.Members place = installation.place();
        assertThat(elevate(installation, place, installation.root().resolve("none")))
                .contains("none")
                .doesNotContain("H-");
        assertThat(installation.admin("hold.list", Json.object()).objects("holds"))
                .as("nothing was opened for a key that does not exist")
                .isEmpty();

        Path broken = Files.writeString(installation.root().resolve("broken"), "not a key\n");
        String said = elevate(installation, place, broken);
        String hold = installation
                .admin("hold.list", Json.object())
                .objects("holds")
                .getFirst()
                .text("id");
        assertThat(said)
                .contains(
                        hold + " still waits for a signature",
                        "interlock hold sign " + hold + " --key KEY",
                        "interlock hold deny " + hold + " --reason WHY");
    }

    private static String elevate(Installation installation, Json.Members place, Path key) throws Exception {
        Programs.ProgramResult ended = installation.interlock(
                List.of(
                        "elevate",
                        "--lease=" + place.text("lease"),
                        "--environment=production",
                        "--impact=read",
                        "--key=" + key),
                "");
        assertThat(ended.exit()).isNotZero();
        return ended.err();
    }
}
