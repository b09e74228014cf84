package dev.interlock.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.Statement;
import dev.interlock.people.Passkey;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingPasskey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests random sequences of people's actions, under a wall clock that jumps both ways and over restarts. They enrol,
 * certify and lose keys, sign and deny. A confirmation is used once. It needs two people whose keys count in that
 * moment.
 */
@Tag("random")
final class PeoplePropertyTest {

    private static final int STEPS = 150;
    private static final String ORIGIN = "http://localhost:7412";
    private static final List<String> PEOPLE = List.of("ann", "bob", "jer");
    private static final Obligations TWO = new Obligations(
            Set.of(new Obligations.Quorum(2, "owners")),
            Duration.ZERO,
            Optional.empty(),
            OptionalLong.empty(),
            false,
            false);

    @TempDir
    private Path directory;

    static List<Long> seeds() {
        long first = Long.getLong("interlock.seed", 20_261_121L);
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(12)))
                .boxed()
                .toList();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void nobodyGainsRightsAndNoKeyOutlivesItsEnd(long seed) throws Exception {
        try (World world = new World(Files.createDirectory(directory.resolve("s" + seed)), seed)) {
            for (int step = 0; step < STEPS; step++) {
                world.step();
            }
            world.finish();
        }
    }

    /** A passkey that a person holds. */
    private record EnrolledPasskey(String person, String name, TestingPasskey passkey) {}

    private static final class World implements AutoCloseable {

        private final Path file;
        private final RandomGenerator random;
        private final TestingClock clock = new TestingClock();
        private final TestingWorld world = new TestingWorld(true, 1);
        private final Map<String, TestingKey> hardware = Map.of("ann", world.ann, "bob", world.bob, "jer", world.jer);
        private final Seal seal =
                world.seal().with(parts -> parts.passkeys = new Seal.PasskeyRules(true, Optional.empty()));
        private final List<EnrolledPasskey> keys = new ArrayList<>();
        private final Set<String> revoked = new HashSet<>();
        private final Set<String> used = new HashSet<>();
        private final Set<String> refused = new HashSet<>();
        private final Map<String, Set<String>> signed = new HashMap<>();
        private Database database;
        private Passkeys passkeys;
        private Confirmations gate;
        private HoldSigning people;
        private String trace;

        World(Path home, long seed) {
            file = home.resolve("store.db");
            random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            trace = "seed " + seed + ":";
            start();
        }

        private void start() {
            List<Schema> schemas = new ArrayList<>(SqliteHoldStore.SCHEMAS);
            schemas.addAll(SqlitePasskeyStore.SCHEMAS);
            database = Database.open(file, schemas);
            passkeys =
                    new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at(ORIGIN), clock, new SecureRandom());
            gate = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, new SecureRandom(), passkeys);
            people = gate.confirmers(_ -> true);
        }

        private void did(String what) {
            trace += " " + what;
        }

        private <T> T any(List<T> all) {
            return all.get(random.nextInt(all.size()));
        }

        void step() throws Exception {
            switch (random.nextInt(14)) {
                case 0 -> enrol(any(PEOPLE), true);
                case 1 -> enrol(any(PEOPLE), false);
                case 2 -> revoke();
                case 3, 4 -> open();
                case 5, 6, 7 -> sign();
                case 8 -> deny();
                case 9, 10 -> use();
                case 11 -> clock.pass(Duration.ofMinutes(random.nextInt(1, 20)));
                case 12 -> clock.set(clock.instant().plusSeconds(random.nextInt(-1_200, 1_200)));
                default -> {
                    did("restart");
                    close();
                    start();
                }
            }
        }

        /**
         * Enrols a key: by a code, if they have no valid passkey; or certified by their SSH key, or by a stranger's.
         */
        private void enrol(String person, boolean byCode) {
            TestingPasskey passkey = TestingPasskey.at(ORIGIN);
            try {
                Optional<String> code = byCode
                        ? Optional.of(passkeys.invite(seal, person).code().use(text -> text))
                        : Optional.empty();
                Passkeys.PasskeyCeremony begun = passkeys.begin(seal, person, "person " + person, code);
                Passkey made = passkeys.acceptRegistration(
                        seal, begun.name(), passkey.create(begun.options()).canonicalText(), code);
                passkeys.keep(made, passkeys.displacedBy(made));
                if (!byCode) {
                    TestingKey by = random.nextInt(4) == 0 ? TestingKey.hardware() : hardware.get(person);
                    byte[] statement = made.statement().canonical();
                    Passkeys.VerifiedSignature given = passkeys.verifySignature(
                            seal, KeyStatement.NAMESPACE, statement, by.sign(KeyStatement.NAMESPACE, statement));
                    passkeys.keep(passkeys.addEndorsement(seal, made.name(), given));
                }
                did("enrol " + person);
                keys.add(new EnrolledPasskey(person, made.name(), passkey));
            } catch (PasskeyRefusedException _) {
                did("not-enrolled " + person);
            }
        }

        private void revoke() throws PasskeyRefusedException {
            List<EnrolledPasskey> left =
                    keys.stream().filter(key -> !revoked.contains(key.name())).toList();
            if (!left.isEmpty()) {
                EnrolledPasskey key = any(left);
                passkeys.revoke(key.name(), key.person(), "lost");
                revoked.add(key.name());
                did("revoke " + key.person());
            }
        }

        private static ResolvedAttempt deletion(int volume) {
            return TestingWorld.deletion("vol_" + volume, "production");
        }

        private void open() {
            gate.open(
                    seal, deletion(random.nextInt(4)), new Verdict.Hold(new VerdictReasons(seal.id(), List.of()), TWO));
        }

        private Optional<String> hold(String... states) {
            List<String> holds = people.list(seal).stream()
                    .filter(line -> List.of(states).contains(line.state()))
                    .map(line -> line.ticket().id())
                    .toList();
            return holds.isEmpty() ? Optional.empty() : Optional.of(any(holds));
        }

        /** Signs with a passkey that may be revoked, an SSH key in hardware, one in a file, or a stranger's. */
        private Optional<String> signature(byte[] statement, String namespace) {
            int which = random.nextInt(8);
            if (which < 4 && !keys.isEmpty()) {
                return byPasskey(any(keys), statement, namespace);
            }
            TestingKey key = switch (which) {
                case 4 -> world.jerSoftware;
                case 5 -> TestingKey.hardware();
                case 6 -> world.cat;
                default -> hardware.get(any(PEOPLE));
            };
            return Optional.of(key.sign(namespace, statement));
        }

        private Optional<String> byPasskey(EnrolledPasskey key, byte[] statement, String namespace) {
            try {
                return Optional.of(passkeys.verifySignature(
                                seal,
                                namespace,
                                statement,
                                key.passkey()
                                        .get(passkeys.toSign(seal, key.person(), statement))
                                        .canonicalText())
                        .text());
            } catch (PasskeyRefusedException _) {
                return Optional.empty();
            }
        }

        private void sign() {
            hold("open").ifPresent(hold -> {
                byte[] statement =
                        people.show(seal, hold).orElseThrow().statement().toArray();
                signature(statement, Statement.NAMESPACE).ifPresent(signature -> {
                    if (people.sign(seal, hold, signature, Optional.empty(), _ -> {})
                            instanceof HoldSigning.SignatureResult.AcceptedSignature accepted) {
                        did("signed " + accepted.person());
                        signed.computeIfAbsent(hold, _ -> new TreeSet<>()).add(accepted.person());
                    }
                });
            });
        }

        private void deny() {
            hold("open", "signed").ifPresent(hold -> {
                if (people.deny(seal, hold, "bob", "no") instanceof HoldSigning.DenialResult.DeniedAndEnded) {
                    did("denied");
                    refused.add(hold);
                }
            });
        }

        private void use() {
            use(random.nextInt(4));
        }

        private boolean use(int volume) {
            Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(seal.id(), List.of()), TWO);
            if (!(gate.ready(seal, deletion(volume), verdict, Optional.empty())
                    instanceof HoldReadiness.ReadyHold(Confirmation confirmation))) {
                return false;
            }
            Optional<Confirmation.ConsumedConfirmation> consumed = gate.consume(confirmation, "R-" + used.size());
            consumed.ifPresent(this::check);
            assertThat(gate.consume(confirmation, "R-again")).as(trace).isEmpty();
            return consumed.isPresent();
        }

        /** Checks a use by the model and by the signatures, never by the tested code's claim. */
        private void check(Confirmation.ConsumedConfirmation consumed) {
            did("used");
            assertThat(used.add(consumed.hold())).as(trace).isTrue();
            assertThat(refused).as(trace).doesNotContain(consumed.hold());
            Statement statement = Statement.read(consumed.statement().toArray());
            Set<String> persons = new TreeSet<>();
            for (String signature : consumed.signatures()) {
                Signer signer = signer(statement, signature);
                persons.add(signer.person());
                assertThat(revoked).as(trace).doesNotContain(signer.key());
            }
            assertThat(signed.get(consumed.hold())).as(trace).containsAll(persons);
            assertThat(persons).as(trace).hasSizeGreaterThanOrEqualTo(2);
        }

        private Signer signer(Statement statement, String signature) {
            try {
                return PersonSignature.parse(signature)
                        .signer(SealConversion.of(seal), statement.canonical(), Statement.NAMESPACE);
            } catch (Exception e) {
                throw new AssertionError(trace, e);
            }
        }

        /** Checks that two people with their SSH keys can still confirm after all events. */
        void finish() {
            ResolvedAttempt sensed = deletion(99);
            clock.pass(Duration.ofHours(3)); // the lease may ask again, and people sign again
            Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(seal.id(), List.of()), TWO);
            Confirmations.ParkResult.ParkedAttempt parked =
                    (Confirmations.ParkResult.ParkedAttempt) gate.open(seal, sensed, verdict);
            String hold = parked.ticket().id();
            for (TestingKey key : List.of(world.ann, world.bob)) {
                byte[] statement =
                        people.show(seal, hold).orElseThrow().statement().toArray();
                HoldSigning.SignatureResult signing =
                        people.sign(seal, hold, key.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});
                assertThat(signing).as(trace).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
            }
            signed.put(hold, Set.of("ann", "bob"));
            assertThat(use(99)).as(trace).isTrue();
        }

        @Override
        public void close() {
            database.close();
        }
    }
}
