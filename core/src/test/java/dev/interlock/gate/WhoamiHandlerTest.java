package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.vault.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what the holder of a lease is told about it, with every real package behind the gate. */
final class WhoamiHandlerTest {

    private static final HttpCall DELETE = GateFixture.document("mutation { volumeDelete(volumeId: \"vol-1\") }");

    @TempDir
    private Path directory;

    private static WhoamiRequests.Result ask(GateFixture house, Secret token) {
        return house.whoami.whoami(
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                house.clock.instant());
    }

    private static Whoami told(GateFixture house) {
        WhoamiRequests.Result told = ask(house, house.token);
        assertThat(told).isInstanceOf(WhoamiRequests.Result.WhoamiReport.class);
        return ((WhoamiRequests.Result.WhoamiReport) told).whoami();
    }

    @Test
    void theStarterPolicyIsAPageOfPlainLines() throws IOException {
        try (GateFixture house = GateFixture.starter(directory)) {
            for (String slot : List.of("look", "read", "work", "confirmed", "protected-work", "protected-confirmed")) {
                house.vault.put(
                        "github-" + slot,
                        slot.equals("protected-confirmed") ? Store.PROTECTED : Store.ORDINARY,
                        new Secret("secret-of-the-slot-" + slot));
            }
            String text = told(house).text();
            assertThat(text.lines()).hasSizeLessThan(26).allMatch(line -> line.length() < 240);
            assertThat(text)
                    .contains("jer/cursor for jer, task `fix-staging`: lease L-")
                    .contains("  staging: destroy (1 of owners, who type the name)")
                    .contains("to read also in production")
                    .contains("Left of the budget deletions: 5 of 5 within 1h");
        }
    }

    @Test
    void itSaysWhatTheGateThenDoes() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            assertThat(told(house).text()).contains("staging: destroy");
            Outcome<String> held = house.send("railway", DELETE, house.token);
            assertThat(held).isInstanceOf(Outcome.Held.class);
            Whoami after = told(house);
            assertThat(after.questions()).hasSize(1);
            assertThat(after.text()).contains("Asked: H-", "waits for ");
            assertThat(Json.readObject(after.json().canonical()).objects("questions"))
                    .hasSize(1);
        }
    }

    /** Operations of one kind are judged together, but not one that a policy names. */
    @Test
    void aNamedOperationHasAnAnswerOfItsOwn() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            Operation named = new Operation("github", "repos/upload-release-asset");
            assertThat(told(house).abilities())
                    .filteredOn(ability -> ability.where().equals(new Whoami.Where("github", Set.of("staging")))
                            && ability.operations().contains(named))
                    .singleElement()
                    .satisfies(ability -> {
                        assertThat(ability.ruling().answer()).isEqualTo(Whoami.Answer.PASSES);
                        assertThat(ability.operations()).containsExactly(named);
                    });
        }
    }

    @Test
    void aStrangerIsRefusedAndRecorded() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            assertThat(ask(house, new Secret("ilk_nobody-has-this-token")))
                    .isInstanceOf(WhoamiRequests.Result.RefusedWhoami.class);
            assertThat(house.receipts(Receipt.Kind.REFUSED)).hasSize(1);
        }
    }

    /** A registry has no credential, and needs none to be read. */
    @Test
    void publicRegistryCanBeRead() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            assertThat(told(house).abilities())
                    .filteredOn(ability -> ability.where().upstream().equals("npm")
                            && ability.kind().equals(new Whoami.Kind(Impact.READ, false)))
                    .isNotEmpty()
                    .allSatisfy(ability -> assertThat(ability.ruling().answer()).isEqualTo(Whoami.Answer.PASSES));
        }
    }

    /** A question of one agent is no other agent's business. */
    @Test
    void itTellsOfNoOtherLease() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            house.send("railway", DELETE, house.ofAnotherAgent());
            assertThat(told(house).questions()).isEmpty();
        }
    }
}
