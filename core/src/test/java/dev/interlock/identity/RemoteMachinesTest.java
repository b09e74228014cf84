package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteMachinesTest {

    private static final Seal SEAL = IdentitySeals.with(
            TestingKey.software().line(), TestingKey.software().line());

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final Random random = new Random(5);
    private Database database;
    private Leases leases;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private RemoteMachine added(Duration lasting) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String id = leases.machines().newId();
        LeaseRequest request = LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT);
        RemoteMachine machine = new RemoteMachine(
                id,
                "print of " + id,
                request,
                "root",
                now,
                now.plus(lasting),
                Optional.of("key of " + id),
                Optional.empty());
        leases.machines().add(machine);
        return machine;
    }

    private Lease issued(RemoteMachine machine) {
        return ((Leases.LeaseResult.IssuedLease) leases.issueToMachine(SEAL, machine.id())).lease();
    }

    private String denied(Seal seal, RemoteMachine machine) {
        return ((Leases.LeaseResult.DeniedLease) leases.issueToMachine(seal, machine.id())).reason();
    }

    @Test
    void aLeaseIsBoundToItsMachineAndEndsNoLater() {
        RemoteMachine machine = added(Duration.ofMinutes(10));
        Lease lease = issued(machine);
        assertThat(lease.place()).contains(machine.id());
        assertThat(Lease.isRemote(machine.id())).isTrue();
        assertThat(lease.expires()).isEqualTo(machine.expires());
        clock.pass(Duration.ofMinutes(10));
        assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
        assertThat(leases.machines().all()).isEmpty();
        assertThat(denied(SEAL, machine)).contains("has ended");
    }

    @Test
    void anEndedMachineStaysEndedAndItsLeasesWithIt() {
        RemoteMachine machine = added(Duration.ofDays(1));
        RemoteMachine other = added(Duration.ofDays(1));
        Lease lease = issued(machine);
        Lease others = issued(other);
        assertThat(leases.machines().withCertificate(machine.fingerprint())).contains(machine);
        Leases.EndedLeases ended = leases.endMachine(machine.id(), "lost");
        assertThat(ended.leases()).containsExactly(lease);
        assertThat(ended.durable()).isTrue();
        leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
        assertThat(leases.notEnded(lease.id())).isEmpty();
        assertThat(leases.notEnded(others.id())).contains(others);
        assertThat(leases.machines().all()).containsExactly(other);
    }

    private RemoteMachine renewed(RemoteMachine machine, String print, Duration lasting) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        RemoteMachine renewed = machine.renewed(print, "jer", now, now.plus(lasting));
        leases.machines().renew(renewed);
        return renewed;
    }

    @Test
    void aRenewedMachineKeepsItsLeasesAndItsEarlierCertificateUntilThatEnds() {
        RemoteMachine machine = added(Duration.ofDays(10));
        clock.pass(Duration.ofDays(9));
        Lease lease = issued(machine);
        RemoteMachine renewed = renewed(machine, "new print", Duration.ofDays(10));
        leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        RemoteMachines machines = leases.machines();
        assertThat(machines.all()).containsExactly(renewed);
        assertThat(renewed.publicKey()).contains("key of " + machine.id());
        assertThat(machines.withCertificate("new print")).contains(renewed);
        assertThat(machines.withCertificate(machine.fingerprint())).contains(renewed);
        assertThat(leases.notEnded(lease.id())).contains(lease);
        clock.pass(Duration.ofDays(1));
        assertThat(machines.withCertificate(machine.fingerprint())).isEmpty();
        assertThat(machines.withCertificate("new print")).contains(renewed);
        assertThat(issued(renewed).place()).contains(machine.id());
        clock.pass(Duration.ofDays(9));
        assertThat(machines.withCertificate("new print")).isEmpty();
    }

    @Test
    void theEndOfAMachineEndsBothCertificates() {
        RemoteMachine machine = added(Duration.ofDays(10));
        renewed(machine, "new print", Duration.ofDays(10));
        assertThat(leases.endMachine(machine.id(), "lost").durable()).isTrue();
        for (int starts = 0; starts < 2; starts++) {
            assertThat(leases.machines().withCertificate("new print")).isEmpty();
            assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
            leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        }
    }

    /** Somebody renews it while somebody else ends it. */
    @Test
    void anEndedMachineIsNotRenewed() {
        RemoteMachine machine = added(Duration.ofDays(10));
        var _ = leases.endMachine(machine.id(), "lost");
        assertThatThrownBy(() -> renewed(machine, "new print", Duration.ofDays(10)))
                .hasMessageContaining("renewed or ended this machine meanwhile");
        for (int starts = 0; starts < 2; starts++) {
            assertThat(leases.machines().all()).isEmpty();
            assertThat(leases.machines().withCertificate("new print")).isEmpty();
            leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        }
    }

    @Test
    void ofTwoRenewalsTheFirstCertificateEndsAtOnce() {
        RemoteMachine machine = added(Duration.ofDays(10));
        RemoteMachine once = renewed(machine, "second print", Duration.ofDays(10));
        RemoteMachine twice = renewed(once, "third print", Duration.ofDays(10));
        assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
        assertThat(leases.machines().withCertificate("second print")).contains(twice);
        assertThat(leases.machines().withCertificate("third print")).contains(twice);
    }

    @Test
    void aMachineEndsEvenIfTheStoreFails() {
        RemoteMachine machine = added(Duration.ofDays(1));
        database.close();
        assertThat(leases.endMachine(machine.id(), "lost").durable()).isFalse();
        assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
        open();
    }

    @Test
    void theSealInForceDecidesAnewForEachLease() {
        RemoteMachine machine = added(Duration.ofDays(1));
        Seal others = IdentitySeals.withAgent(
                SEAL,
                Optional.of(new Seal.Agent(IdentitySeals.AGENT, "jer", Set.of(), Optional.empty(), Set.of("jer"))));
        assertThat(denied(others, machine)).contains("does not let `root`");
        Seal gone = IdentitySeals.withAgent(SEAL, Optional.empty());
        assertThat(denied(gone, machine)).contains("There is no agent `");
        assertThat(issued(machine).place()).contains(machine.id());
    }

    @Test
    void aMachineHasAFewLeasesAtOnce() {
        RemoteMachine machine = added(Duration.ofDays(1));
        for (int i = 0; i < Leases.MAX_OF_MACHINE; i++) {
            issued(machine);
        }
        assertThat(denied(SEAL, machine)).contains("which is the limit");
        clock.pass(Duration.ofHours(2));
        assertThat(issued(machine).place()).contains(machine.id());
    }

    @Test
    void thereAreNotEndlesslyManyMachines() {
        for (int i = 0; i < RemoteMachines.MOST; i++) {
            added(Duration.ofDays(1));
        }
        assertThatThrownBy(() -> added(Duration.ofDays(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which is the limit");
    }
}
