package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ApprovalRules;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that an unanswered hold climbs the seal's ladder, each rung once, and still ends as a denial. */
class EscalationTest {

    private static final ApprovalRules LADDER = new ApprovalRules(
            List.of(
                    new ApprovalRules.EscalationStep(Duration.ofMinutes(5), "oncall", Set.of("production")),
                    new ApprovalRules.EscalationStep(Duration.ofMinutes(10), "owners", Set.of())),
            ApprovalRules.DEFAULT_SIGNATURES_PER_HOUR,
            ApprovalRules.DEFAULT_HASTY);

    @TempDir
    private Path directory;

    private ConfirmationsFixture room;

    @BeforeEach
    void open() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
        room.seal = room.seal.with(parts -> parts.approvals = LADDER);
    }

    @AfterEach
    void close() {
        room.close();
    }

    private String park(String volume, String environment) {
        return room.park(TestingWorld.deletion(volume, environment), ConfirmationsFixture.owners(1))
                .id();
    }

    private List<String> told() {
        return room.gate.escalate(room.seal).stream()
                .map(one -> one.ticket().id() + " " + one.to())
                .toList();
    }

    @Test
    void eachStepIsNotifiedOnceAcrossRestarts() {
        String production = park("vol_1", "production");
        String staging = park("vol_2", "staging");
        assertThat(told()).isEmpty();
        room.clock.pass(Duration.ofMinutes(5));
        assertThat(told()).containsExactly(production + " oncall");
        room.restart();
        assertThat(told()).isEmpty();
        room.clock.pass(Duration.ofMinutes(5));
        room.restart();
        assertThat(told()).containsExactlyInAnyOrder(production + " owners", staging + " owners");
        assertThat(told()).isEmpty();
    }

    @Test
    void missedStepsAreNotifiedAfterARestart() {
        String production = park("vol_1", "production");
        room.clock.pass(Duration.ofMinutes(20));
        room.restart();
        assertThat(told()).containsExactly(production + " oncall", production + " owners");
    }

    @Test
    void settingTheClockBackRepeatsAndStopsNoStep() {
        String production = park("vol_1", "production");
        room.clock.pass(Duration.ofMinutes(5));
        assertThat(told()).containsExactly(production + " oncall");
        room.clock.set(Instant.parse("2026-11-20T08:00:00Z"));
        room.restart();
        assertThat(told()).isEmpty();
        room.clock.pass(Duration.ofMinutes(6));
        assertThat(told()).containsExactly(production + " owners");
    }

    @Test
    void closedHoldsAreNotEscalated() {
        String signed = park("vol_1", "production");
        String denied = park("vol_2", "production");
        String expired = park("vol_3", "production");
        room.sign(signed, room.world.ann);
        room.people.deny(room.seal, denied, "bob", "no");
        assertThat(room.people.show(room.seal, expired)).isPresent();
        room.clock.pass(Duration.ofMinutes(61));
        assertThat(told()).isEmpty();
        assertThat(room.gate.expire(room.seal)).extracting(HoldTicket::id).contains(expired);
    }

    /** Whoever has signed is not asked again, and nobody is asked about a hold that is over. */
    @Test
    void aWaitingHoldNamesThePeopleWhoMayStillConfirmIt() {
        String hold = room.park(TestingWorld.deletion("vol_1", "production"), ConfirmationsFixture.owners(2))
                .id();
        Set<String> owners = Set.copyOf(room.seal.people().values().stream()
                .filter(person -> person.groups().contains("owners"))
                .map(dev.interlock.action.Seal.Person::name)
                .toList());
        HoldSigning.WaitingHold waiting = room.people.waiting(room.seal, hold).orElseThrow();
        assertThat(waiting.people()).isEqualTo(owners).contains("ann");
        assertThat(waiting.summary())
                .isEqualTo(room.people
                        .show(room.seal, hold)
                        .orElseThrow()
                        .line()
                        .ticket()
                        .summary());
        room.sign(hold, room.world.ann);
        assertThat(room.people.waiting(room.seal, hold).orElseThrow().people())
                .isNotEmpty()
                .doesNotContain("ann");
        room.people.deny(room.seal, hold, "bob", "no");
        assertThat(room.people.waiting(room.seal, hold)).isEmpty();
        assertThat(room.people.waiting(room.seal, "H-none")).isEmpty();
    }

    @Test
    void aHalfSignedHoldIsEscalated() {
        String hold = room.park(TestingWorld.deletion("vol_1", "production"), ConfirmationsFixture.owners(2))
                .id();
        room.sign(hold, room.world.ann);
        room.clock.pass(Duration.ofMinutes(5));
        assertThat(told()).containsExactly(hold + " oncall");
    }
}
