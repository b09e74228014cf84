package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
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

final class RemoteMachinesTest {

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
        database = Database.open(directory.resolve("state.db"), Leases.schema());
        leases = new Leases(database, clock, random, new NoPasskeys());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private RemoteMachine added(Duration lasting) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String id = leases.machines().newId();
        LeaseRequest request = LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT);
        RemoteMachine machine = new RemoteMachine(id, "print of " + id, request, "root", now, now.plus(lasting));
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
        leases = new Leases(database, clock, random, new NoPasskeys());
        assertThat(leases.machines().withCertificate(machine.fingerprint())).isEmpty();
        assertThat(leases.notEnded(lease.id())).isEmpty();
        assertThat(leases.notEnded(others.id())).contains(others);
        assertThat(leases.machines().all()).containsExactly(other);
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
        assertThat(denied(gone, machine)).contains("is enrolled");
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
