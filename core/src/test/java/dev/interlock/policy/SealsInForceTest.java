package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.policy.SealsInForce.AdoptionResult;
import dev.interlock.policy.SealsInForce.AdoptionResult.RejectionReason;
import dev.interlock.store.Database;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealsInForceTest {

    private static final TestingKey ONE = TestingKey.software();
    private static final TestingKey TWO = TestingKey.hardware();
    private static final TestingKey STRANGER = TestingKey.software();

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Fixtures.NOW);
    private final AtomicLong ledger = new AtomicLong();
    private Database database;
    private SealsInForce seals;
    private boolean full;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("state.db"), SqliteSealStore.SCHEMAS);
        seals = seals(Fixtures.CATALOGS);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private SealsInForce seals(CatalogFacts catalogs) {
        InstantSource clock = now::get;
        return new SealsInForce(
                new SqliteSealStore(database),
                new SealsInForce.SealSigners(Set.of(SshPublicKey.parse(ONE.line()), SshPublicKey.parse(TWO.line())), 2),
                anchor(() -> {}),
                catalogs,
                new Policies(_ -> ""),
                clock);
    }

    private SealsInForce.SequenceRecord anchor(Runnable disk) {
        return new SealsInForce.SequenceRecord() {
            @Override
            public long highest() {
                disk.run();
                return ledger.get();
            }

            @Override
            public void anchor(Seal seal) throws IOException {
                if (full) {
                    throw new IOException("no space left on device");
                }
                assertThat(seals.current()).isNotEqualTo(Optional.of(seal));
                ledger.set(seal.sequence());
            }
        };
    }

    private PolicyDirectory policy() throws Exception {
        Path source = directory.resolve("policy");
        Files.createDirectories(source);
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                ONE.line(),
                "cursor",
                "railway",
                "railway",
                "https://backboard.railway.com",
                java.util.List.of("staging"),
                java.util.List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(source.resolve(file.getKey()), file.getValue());
        }
        return ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(source, Fixtures.CATALOGS))
                .directory();
    }

    private Envelope unsigned(long sequence) throws Exception {
        return policy().toSign(sequence, now.get());
    }

    /** Returns a seal with the same sequence, made a second later. */
    private Envelope otherSeal(long sequence) throws Exception {
        return policy().toSign(sequence, now.get().plusSeconds(1));
    }

    private static Envelope signed(Envelope envelope, TestingKey... keys) {
        Envelope signed = envelope;
        for (TestingKey key : keys) {
            signed = signed.signedBy(key.sign("interlock-seal@v1", envelope.pae()));
        }
        return signed;
    }

    private byte[] seal(long sequence) throws Exception {
        return signed(unsigned(sequence), ONE, TWO).write();
    }

    private static RejectionReason why(AdoptionResult adoption) {
        return ((AdoptionResult.RejectedSeal) adoption).why();
    }

    @Test
    void adoptsASealThatEnoughPinnedKeysSigned() throws Exception {
        assertThat(seals.current()).isEmpty();
        assertThat(seals.refusalWithoutSeal().reason()).startsWith("No seal is in force");
        assertThat(seals.adopt(seal(1)))
                .isInstanceOfSatisfying(
                        AdoptionResult.AdoptedSeal.class,
                        adopted -> assertThat(adopted.signers()).hasSize(2));
        assertThat(seals.current()).map(Seal::sequence).contains(1L);
        assertThat(seals.nextSequence()).isEqualTo(2);
        Seal current = seals.current().orElseThrow();
        assertThat(seals.envelope(current.id())).isPresent();
        assertThat(seals.envelope("00")).isEmpty();
    }

    @Test
    void refusesTooFewTheSameTwiceStrangersAndForgeries() throws Exception {
        Envelope envelope = unsigned(1);
        for (Envelope weak : new Envelope[] {
            envelope,
            signed(envelope, ONE),
            signed(envelope, ONE, ONE),
            signed(envelope, ONE, STRANGER),
            envelope.signedBy(ONE.sign("interlock-seal@v1", envelope.pae()))
                    .signedBy(TWO.sign("interlock-confirm@v1", envelope.pae())),
            envelope.signedBy(ONE.sign("interlock-seal@v1", envelope.pae()))
                    .signedBy(TWO.sign("interlock-seal@v1", unsigned(2).pae())),
        }) {
            assertThat(seals.adopt(weak.write()))
                    .isInstanceOfSatisfying(AdoptionResult.RejectedSeal.class, rejected -> {
                        assertThat(rejected.why()).isEqualTo(RejectionReason.UNSIGNED);
                        assertThat(rejected.reason()).contains("`seal-signers` in gateway.yaml names who may sign");
                    });
        }
        assertThat(seals.current()).isEmpty();
    }

    @Test
    void refusesAnythingThatIsNoEnvelope() throws Exception {
        byte[] good = seal(1);
        byte[] flipped = good.clone();
        flipped[20] ^= 1;
        assertThat(seals.adopt(new byte[0])).isInstanceOf(AdoptionResult.RejectedSeal.class);
        assertThat(seals.adopt(flipped)).isInstanceOf(AdoptionResult.RejectedSeal.class);
        assertThat(seals.current()).isEmpty();
    }

    @Test
    void neverAdoptsAnOlderSeal() throws Exception {
        byte[] first = seal(1);
        byte[] second = seal(2);
        assertThat(seals.adopt(second)).isInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(why(seals.adopt(first))).isEqualTo(RejectionReason.ROLLBACK);
        assertThat(why(seals.adopt(signed(otherSeal(2), ONE, TWO).write()))).isEqualTo(RejectionReason.ROLLBACK);
        assertThat(seals.current()).map(Seal::sequence).contains(2L);
    }

    /** Another gateway over the same store, with a ledger, pins and catalogs of its own. */
    private SealsInForce other(AtomicLong record, CatalogFacts catalogs, int quorum, TestingKey... pinned) {
        return new SealsInForce(
                new SqliteSealStore(database),
                new SealsInForce.SealSigners(
                        Stream.of(pinned)
                                .map(key -> SshPublicKey.parse(key.line()))
                                .collect(Collectors.toSet()),
                        quorum),
                new SealsInForce.SequenceRecord() {
                    @Override
                    public long highest() {
                        return record.get();
                    }

                    @Override
                    public void anchor(Seal seal) throws IOException {
                        if (full) {
                            throw new IOException("no space left on device");
                        }
                        record.set(seal.sequence());
                    }
                },
                catalogs,
                new Policies(_ -> ""),
                now::get);
    }

    @Test
    void aSealThatAnotherGatewayAdoptedIsInForceAndOnRecordHereToo() throws Exception {
        AtomicLong record = new AtomicLong();
        SealsInForce other = other(record, Fixtures.CATALOGS, 2, ONE, TWO);
        assertThat(other.follow()).isEmpty();
        for (long sequence = 1; sequence <= 2; sequence++) {
            seals.adopt(seal(sequence));
            assertThat(other.follow()).get().isInstanceOf(AdoptionResult.AdoptedSeal.class);
            assertThat(other.current()).map(Seal::sequence).contains(sequence);
            assertThat(record).hasValue(sequence);
            assertThat(other.follow()).as("once").isEmpty();
        }
    }

    /** It is not the one before that stays: that one is older. */
    @Test
    void aSealThatThisGatewayMayNotOrCannotUseEndsTheOneBefore() throws Exception {
        byte[] first = seal(1);
        byte[] second = seal(2);
        AtomicLong restored = new AtomicLong();
        CatalogFacts elsewhere =
                Fixtures.facts(Map.of("railway", Fixtures.IMPACTS), Map.of("railway", "11".repeat(32)));
        Map<SealsInForce, RejectionReason> others = Map.of(
                other(new AtomicLong(), Fixtures.CATALOGS, 1, STRANGER), RejectionReason.UNSIGNED,
                other(new AtomicLong(), Fixtures.CATALOGS, 3, ONE, TWO, STRANGER), RejectionReason.UNSIGNED,
                other(new AtomicLong(), elsewhere, 2, ONE, TWO), RejectionReason.NOT_UNDERSTOOD,
                other(restored, Fixtures.CATALOGS, 2, ONE, TWO), RejectionReason.ROLLBACK);
        SealsInForce pinsOne = other(new AtomicLong(), Fixtures.CATALOGS, 1, ONE);
        pinsOne.adopt(first);
        assertThat(pinsOne.current()).isPresent();
        seals.follow();
        seals.adopt(second);
        restored.set(3);
        others.forEach((other, reason) -> {
            assertThat(other.follow())
                    .get()
                    .satisfies(rejected -> assertThat(why(rejected)).isEqualTo(reason));
            assertThat(other.current()).isEmpty();
        });
        // It had the first one in force, and pins nobody who signed the third.
        SealsInForce stranger = other(ledger, Fixtures.CATALOGS, 1, STRANGER);
        assertThat(stranger.adopt(signed(unsigned(3), STRANGER).write()))
                .isInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(pinsOne.follow())
                .get()
                .satisfies(rejected -> assertThat(why(rejected)).isEqualTo(RejectionReason.UNSIGNED));
        assertThat(pinsOne.current()).isEmpty();
        assertThat(pinsOne.refusalWithoutSeal().reason()).startsWith("No seal is in force");
    }

    @Test
    void whatTheLedgerCannotRecordIsNotFollowedAndTriedAgain() throws Exception {
        SealsInForce other = other(new AtomicLong(), Fixtures.CATALOGS, 2, ONE, TWO);
        seals.adopt(seal(1));
        other.follow();
        seals.adopt(seal(2));
        full = true;
        assertThat(other.follow())
                .get()
                .satisfies(rejected -> assertThat(why(rejected)).isEqualTo(RejectionReason.UNAVAILABLE));
        assertThat(other.current()).isEmpty();
        full = false;
        assertThat(other.follow()).get().isInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(other.current()).map(Seal::sequence).contains(2L);
    }

    /**
     * A database that was put back, or that lagged when it took over, brings no older seal back to those that serve.
     */
    @Test
    void aSealThatTheStoreForgotStays() throws Exception {
        byte[] first = seal(1);
        seals.adopt(first);
        String id = seals.current().orElseThrow().id();
        seals.adopt(seal(2));
        database.write(sql -> sql.update("UPDATE policy_seal SET sequence = 1, id = ?, envelope = ?", id, first));
        assertThat(seals.follow()).isEmpty();
        assertThat(seals.current()).map(Seal::sequence).contains(2L);
        SealsInForce fresh = other(new AtomicLong(), Fixtures.CATALOGS, 2, ONE, TWO);
        assertThat(fresh.restore()).get().isInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(fresh.current())
                .map(Seal::sequence)
                .as("it was stored again")
                .contains(2L);
    }

    @Test
    void ofTwoGatewaysThatAdoptAtOnceOneSucceeds() throws Exception {
        AtomicLong record = new AtomicLong();
        SealsInForce other = other(record, Fixtures.CATALOGS, 2, ONE, TWO);
        byte[] one = seal(1);
        byte[] two = signed(otherSeal(1), ONE, TWO).write();
        List<AdoptionResult> results = Stream.of(
                        CompletableFuture.supplyAsync(() -> seals.adopt(one)),
                        CompletableFuture.supplyAsync(() -> other.adopt(two)))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        assertThat(results)
                .filteredOn(AdoptionResult.AdoptedSeal.class::isInstance)
                .hasSize(1);
        seals.follow();
        other.follow();
        assertThat(seals.current()).isPresent().isEqualTo(other.current());
        assertThat(record).hasValue(1);
    }

    @Test
    void theLedgerPreventsARollbackOfTheStore() throws Exception {
        ledger.set(5);
        assertThat(why(seals.adopt(seal(5)))).isEqualTo(RejectionReason.ROLLBACK);
        assertThat(seals.nextSequence()).isEqualTo(6);
        assertThat(seals.adopt(seal(6))).isInstanceOf(AdoptionResult.AdoptedSeal.class);
    }

    @Test
    void aStoreThatWasPutBackIsNoticedByTheLedger() throws Exception {
        seals.adopt(seal(1));
        ledger.set(2);
        SealsInForce restarted = seals(Fixtures.CATALOGS);
        assertThat(restarted.restore()).map(SealsInForceTest::why).contains(RejectionReason.ROLLBACK);
        assertThat(restarted.current()).isEmpty();
    }

    @Test
    void aSealIsOnRecordBeforeItCountsAndOnlyIfItIsSigned() throws Exception {
        seals.adopt(unsigned(Json.MAX_WHOLE).write());
        assertThat(ledger).hasValue(0);
        seals.adopt(seal(1));
        assertThat(ledger).hasValue(1);
    }

    @Test
    void anUnrecordedSealDoesNotCount() throws Exception {
        seals.adopt(seal(1));
        full = true;
        assertThat(why(seals.adopt(seal(2)))).isEqualTo(RejectionReason.UNAVAILABLE);
        assertThat(seals.current()).map(Seal::sequence).contains(1L);
        full = false;
        SealsInForce restarted = seals(Fixtures.CATALOGS);
        assertThat(restarted.restore()).containsInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(ledger).hasValue(2);
    }

    @Test
    void aStoredUnrecordedSealIsAdoptedOnRetry() throws Exception {
        seals.adopt(seal(1));
        byte[] second = seal(2);
        full = true;
        assertThat(why(seals.adopt(second))).isEqualTo(RejectionReason.UNAVAILABLE);
        full = false;
        assertThat(seals.adopt(second)).isInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(seals.current()).map(Seal::sequence).contains(2L);
        assertThat(ledger).hasValue(2);
        assertThat(seals.adopt(second)).isInstanceOf(AdoptionResult.AdoptedSeal.class);
        ledger.set(3);
        assertThat(why(seals.adopt(second))).isEqualTo(RejectionReason.ROLLBACK);
    }

    @Test
    void aRestartRestoresTheSameSeal() throws Exception {
        seals.adopt(seal(1));
        ledger.set(1);
        SealsInForce restarted = seals(Fixtures.CATALOGS);
        assertThat(restarted.current()).isEmpty();
        assertThat(restarted.restore()).containsInstanceOf(AdoptionResult.AdoptedSeal.class);
        assertThat(restarted.current()).isEqualTo(seals.current());
    }

    @Test
    void aRestoredSealIsVerifiedAgain() throws Exception {
        seals.adopt(seal(1));
        byte[] weak = signed(unsigned(1), ONE, STRANGER).write();
        database.<Integer>write(sql -> sql.update("UPDATE policy_seal SET envelope = ?", weak));
        SealsInForce restarted = seals(Fixtures.CATALOGS);
        assertThat(restarted.restore()).map(SealsInForceTest::why).contains(RejectionReason.UNSIGNED);
        assertThat(restarted.current()).isEmpty();
    }

    @Test
    void anExpiredSealIsNotInForceAndNotAdopted() throws Exception {
        byte[] second = seal(2);
        seals.adopt(seal(1));
        now.set(now.get().plusSeconds(90L * 86400));
        assertThat(seals.current()).isEmpty();
        assertThat(seals.refusalWithoutSeal().reason()).contains("expired at");
        assertThat(why(seals.adopt(second))).isEqualTo(RejectionReason.EXPIRED);
    }

    @Test
    void otherCatalogsThanTheSealedOnesAreRefused() throws Exception {
        CatalogFacts other = Fixtures.facts(Map.of("railway", Fixtures.IMPACTS), Map.of("railway", "11".repeat(32)));
        AdoptionResult adoption = seals(other).adopt(seal(1));
        assertThat(why(adoption)).isEqualTo(RejectionReason.NOT_UNDERSTOOD);
        assertThat(((AdoptionResult.RejectedSeal) adoption).reason()).contains("has changed since it was sealed");
    }

    @Test
    void aSignedButUnclearSealIsNotAdopted() throws Exception {
        seals.adopt(seal(1));
        Seal draft = policy().draft();
        Seal broken = Fixtures.seal("@id(\"x\") permit (principal, action, resource in Environment::\"moon\");");
        byte[] payload = SealJson.write(draft.with(parts -> {
            parts.sequence = 9;
            parts.sealedAt = Fixtures.NOW;
            parts.expires = Fixtures.NOW.plusSeconds(60);
            parts.policies = broken.policies();
        }));
        Envelope envelope = signed(Envelope.of(SealDocument.PAYLOAD_TYPE, payload), ONE, TWO);
        assertThat(why(seals.adopt(envelope.write()))).isEqualTo(RejectionReason.NOT_UNDERSTOOD);
        assertThat(seals.current()).map(Seal::sequence).contains(1L);
    }

    @Test
    void withoutStoreOrLedgerNothingIsAdopted() throws Exception {
        byte[] seal = seal(1);
        SealsInForce deaf = new SealsInForce(
                new SqliteSealStore(database),
                new SealsInForce.SealSigners(Set.of(SshPublicKey.parse(ONE.line())), 1),
                anchor(() -> {
                    throw new IllegalStateException("no ledger");
                }),
                Fixtures.CATALOGS,
                new Policies(_ -> ""),
                now::get);
        assertThat(why(deaf.adopt(seal))).isEqualTo(RejectionReason.UNAVAILABLE);
        database.close();
        assertThat(why(seals.adopt(seal))).isEqualTo(RejectionReason.UNAVAILABLE);
        assertThat(seals.restore()).map(SealsInForceTest::why).isEqualTo(Optional.of(RejectionReason.UNAVAILABLE));
        assertThat(seals.current()).isEmpty();
    }
}
