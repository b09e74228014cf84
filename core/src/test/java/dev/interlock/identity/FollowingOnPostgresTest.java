package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.people.Passkey;
import dev.interlock.people.PasskeyStore;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.Schema;
import dev.interlock.store.StoreListener;
import dev.interlock.store.StoreNode;
import dev.interlock.testing.OnPostgres;
import dev.interlock.testing.StoreEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@OnPostgres
class FollowingOnPostgresTest extends FollowingTest {

    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    /** What the database tells, as kind and key. */
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private void assertTells(String... changes) throws InterruptedException {
        List<String> left = new ArrayList<>(List.of(changes));
        while (!left.isEmpty()) {
            String next = told.poll(30, TimeUnit.SECONDS);
            assertThat(left).contains(next);
            left.remove(next);
        }
    }

    private static LeaseEntry entry(String id) {
        return new LeaseEntry(
                new Lease(
                        id,
                        id,
                        "jer/cursor",
                        "jer",
                        LeaseSigners.NOBODY,
                        "fix",
                        Optional.empty(),
                        Set.of("staging"),
                        Set.of(Impact.READ),
                        Set.of(),
                        Optional.empty(),
                        NOW,
                        NOW.plusSeconds(60)),
                Duration.ofMinutes(1),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void everyWriteOfACopiedRowIsTold() throws Exception {
        List<Schema> schemas = new ArrayList<>(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqlitePasskeyStore.SCHEMAS);
        schemas.addAll(SqliteSealStore.SCHEMAS);
        PostgresServer server = StoreEngine.server().store();
        StoreNode node = StoreNode.await(server, "one", "", Optional.empty(), _ -> {});
        try (Database store = Database.open(server, node, schemas)) {
            node.follow(
                    List.of(new StoreListener() {
                        @Override
                        public void changed(String kind, Set<String> keys) {
                            keys.forEach(key -> told.add(kind + " " + key));
                        }

                        @Override
                        public void reload() {
                            told.add("reload");
                        }
                    }),
                    () -> {});
            LeaseStore leases = new SqliteLeaseStore(store);
            leases.add("hash 1", entry("L-1"));
            assertTells("lease L-1");
            leases.open("nonce", "{}", NOW.plusSeconds(9), NOW);
            assertThat(leases.addOnce("hash 2", entry("L-2"), "nonce")).isTrue();
            assertTells("lease L-2");
            leases.extend(entry("L-1").until(NOW.plusSeconds(90)));
            assertTells("lease L-1");
            LeaseEntry.LeaseEnd end = new LeaseEntry.LeaseEnd(NOW, "why");
            leases.end(Map.of("L-1", end, "L-2", end));
            assertTells("lease L-1", "lease L-2");

            Kill kill = new Kill("K-1", Kill.KillTarget.EVERYTHING, "", "root", NOW);
            leases.addKills(List.of(kill));
            assertTells("kill K-1");
            leases.liftKill(kill, "jer", NOW);
            assertTells("kill K-1");

            leases.addElevation(new LeaseElevation(
                    "H-1",
                    "L-1",
                    "seal",
                    new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(30)),
                    NOW,
                    NOW,
                    List.of()));
            assertTells("elevation H-1");
            leases.endElevation("H-1");
            assertTells("elevation H-1");
            assertThat(leases.elevations(Instant.EPOCH)).allMatch(LeaseElevation::isEnded);

            RemoteMachine machine = new RemoteMachine(
                    "M-1",
                    "print",
                    entry("L-1").asRequest(),
                    "root",
                    NOW,
                    NOW.plusSeconds(60),
                    Optional.empty(),
                    Optional.empty());
            leases.addMachine(machine);
            assertTells("machine M-1");
            leases.renewMachine(machine.renewed("new print", "root", NOW, NOW.plusSeconds(90)));
            assertTells("machine M-1");
            leases.endMachine("M-1");
            assertTells("machine M-1");

            PasskeyStore passkeys = new SqlitePasskeyStore(store);
            passkeys.end(Map.of("P-1", new Passkey.PasskeyEnd(NOW, "root", "lost")));
            passkeys.count("P-2", 7);
            assertTells("passkey P-1", "passkey P-2");
            assertThat(new SqliteSealStore(store)
                            .keep(1, "seal", Bytes.utf8("envelope").toArray()))
                    .isTrue();
            assertTells("seal seal");

            Map<String, LeaseEntry.LeaseEnd> many = new HashMap<>();
            IntStream.range(0, 2_000).forEach(i -> {
                leases.add("hash of L-" + i + "x", entry("L-" + i + "x"));
                many.put("L-" + i + "x", end);
            });
            told.clear();
            leases.end(many);
            String next = "";
            while (!next.equals("lease *")) {
                next = told.poll(30, TimeUnit.SECONDS);
            }
            assertThat(told).isEmpty();
        }
    }
}
