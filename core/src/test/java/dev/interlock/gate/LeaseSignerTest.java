package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Secret;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Statement;
import dev.interlock.identity.Leases;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests what the signers of a lease may confirm of its calls, from the lease to the vault. Sam signs with a key that is
 * a file, and is not the agent's owner.
 */
final class LeaseSignerTest {

    private static final String OTHER =
            GateFixture.CEDAR.replaceAll("(?m)^@confirm\\(\"1 of owners\"\\)$", "@confirm(\"1 of owners\") @other");
    private static final String WITH_PRODUCTION = """

            @id("an-owner-may-let-an-agent-destroy-in-production")
            @confirm("1 of owners") %s
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"production");
            """;
    private static final HttpCall DELETION = GateFixture.deletion("vol-1");
    private static final Elevation PRODUCTION =
            new Elevation(Set.of("production"), Set.of(Impact.DESTROY), Set.of(), Duration.ofMinutes(10));

    @TempDir
    private Path directory;

    private GateFixture house;

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    /** All administrators may share the one user that the seal names. */
    @Test
    void aLeaseSignerIsNotAnotherPerson() throws IOException {
        house = GateFixture.withUsers(directory, OTHER);
        Secret token = signed();
        String hold = held(token);
        assertThat(statement(hold).behind()).containsExactly("sam");
        assertThat(sign(hold))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason()).contains("another person must sign"));
        assertThat(house.send("railway", DELETION, token)).isInstanceOf(Outcome.Held.class);
    }

    /** Otherwise people with key files alone could sign for leases whose calls nobody can confirm. */
    @Test
    void whoSignedForALeaseThatCertainUsersTakeConfirmsWithAFile() throws IOException {
        house = GateFixture.withUsers(directory, GateFixture.CEDAR);
        Secret token = signed();
        String hold = held(token);
        assertThat(statement(hold).behind()).isEmpty();
        assertThat(statement(hold).summary()).contains("for jer (task fix-staging, lease signed by sam)");
        assertThat(sign(hold)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(house.send("railway", DELETION, token))
                .as("the vault says the same")
                .isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void whoSignedForALeaseThatAnybodyTakesConfirmsWithHardwareAlone() throws IOException {
        house = new GateFixture(directory);
        String hold = held(signed());
        assertThat(statement(hold).behind()).containsExactly("sam");
        assertThat(sign(hold))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason()).contains("must sign with a hardware key"));
    }

    /** The rule holds for a request by the agent with its lease, and for one by a person in its place. */
    @Test
    void anElevationIsConfirmedByTheSameRule() throws IOException {
        house = GateFixture.withUsers(directory, GateFixture.CEDAR + WITH_PRODUCTION.formatted(""));
        Secret token = signed();
        String hold = elevated(lease());
        assertThat(house.elevate(asked(), Duration.ZERO, token))
                .isInstanceOfSatisfying(
                        ElevationRequests.Result.ElevationReport.class,
                        told -> assertThat(told.hold()).isEqualTo(hold));
        assertThat(statement(hold).behind()).isEmpty();
        assertThat(statement(hold).summary()).contains("lease signed by sam");
        narrow(hold);
        assertThat(statement(hold).behind()).isEmpty();
        assertThat(statement(hold).summary()).contains("lease signed by sam", "for 5 minutes");
        assertThat(sign(hold)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(house.elevating.settle()).isTrue();
        assertThat(house.leases.widenings().isKnown(hold)).isTrue();
    }

    @Test
    void theLeaseSignerCannotBeTheOtherPersonOfAnElevation() throws IOException {
        house = GateFixture.withUsers(directory, GateFixture.CEDAR + WITH_PRODUCTION.formatted("@other"));
        var _ = signed();
        String hold = elevated(lease());
        assertThat(statement(hold).behind()).containsExactly("sam");
        narrow(hold);
        assertThat(statement(hold).behind()).containsExactly("sam");
        assertThat(sign(hold)).isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
    }

    private Secret signed() {
        return house.signedFor(Set.of("staging"), Set.of(Impact.READ, Impact.DESTROY));
    }

    private Lease lease() {
        return house.leases.list().stream()
                .filter(listed -> listed.signer().isPresent())
                .map(Leases.ListedLease::lease)
                .findFirst()
                .orElseThrow();
    }

    private String held(Secret token) {
        Outcome<String> outcome = house.send("railway", DELETION, token);
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return ((Outcome.Held<String>) outcome).hold();
    }

    private String elevated(Lease lease) throws IOException {
        return ((ElevationGrants.AskResult.OpenRequestResult)
                        house.elevating.ask(house.seal, lease, PRODUCTION, "the volume is shared"))
                .hold();
    }

    private static ElevationRequests.Subject asked() {
        return new ElevationRequests.Subject.NewElevation(Bytes.utf8(PRODUCTION
                .json()
                .without(Set.of("resources"))
                .with("reason", "the volume is shared")
                .canonicalText()));
    }

    private void narrow(String hold) {
        Elevation less = new Elevation(
                PRODUCTION.environments(), PRODUCTION.impacts(), PRODUCTION.resources(), Duration.ofMinutes(5));
        assertThat(house.confirmations.narrow(house.seal, hold, lease(), less))
                .isInstanceOf(Confirmations.NarrowResult.NarrowedElevation.class);
    }

    private Statement statement(String hold) {
        return Statement.read(
                house.people.show(house.seal, hold).orElseThrow().statement().toArray());
    }

    private HoldSigning.SignatureResult sign(String hold) {
        byte[] statement = statement(hold).canonical();
        return house.people.sign(
                house.seal, hold, house.sam.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});
    }
}
