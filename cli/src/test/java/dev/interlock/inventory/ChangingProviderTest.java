package dev.interlock.inventory;

import static dev.interlock.inventory.TestActions.destroy;
import static dev.interlock.inventory.TestActions.write;
import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.drill.railway.InjectedFault;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the inventory with a provider that changes, breaks and lists in small pages. */
final class ChangingProviderTest {

    private static final Resource SHARED = resource("volume", TestingSeal.SHARED);
    private static final Resource SCRATCH = resource("volume", TestingSeal.SCRATCH);
    private static final Resource API = resource("service", TestingSeal.API);

    @TempDir
    private Path directory;

    private RailwaySimulator railway;
    private TestingSeal seal;
    private HttpsAsker asker;
    private Inventory inventory;
    private final TestingClock clock = new TestingClock();

    @BeforeEach
    void start() throws Exception {
        start(RailwaySimulator.start(directory.resolve("state")));
    }

    private void start(RailwaySimulator started) throws IOException, GeneralSecurityException {
        railway = started;
        seal = TestingSeal.bound(URI.create("https://127.0.0.1:" + railway.port()));
        asker = new HttpsAsker(railway.authority(), "rw_resolver-account-token");
        inventory = new Inventory(asker, clock.utc(), BuiltIn.FACTS);
    }

    @AfterEach
    void stop() throws IOException {
        asker.close();
        railway.close();
    }

    private LocatedActions locate(List<Action> actions, Freshness freshness) {
        return inventory.locate(seal.seal(), "railway", "L-1", actions, freshness);
    }

    private LocatedActions fresh(List<Action> actions) {
        return locate(actions, Freshness.FRESH);
    }

    private Placement place(LocatedActions located, Resource resource) {
        return located.placements().get(resource);
    }

    private void moveScratchToProduction() {
        railway.move(TestingSeal.SCRATCH_MOUNT, TestingSeal.PRODUCTION);
    }

    @Test
    void pagedReadingFindsTheSame() throws Exception {
        stop();
        start(RailwaySimulator.start(directory.resolve("paged"), 1));

        assertThat(place(fresh(destroy("volumeDelete", SHARED)), SHARED).environments())
                .containsExactly("production", "staging");
        assertThat(place(fresh(write("serviceUpdate", API)), API).environments())
                .containsExactly("production", "staging");
        assertThat(place(fresh(destroy("volumeDelete", SCRATCH)), SCRATCH).known())
                .isTrue();
    }

    private LossExposure exposure(Resource resource) throws IOException {
        return inventory.examine(seal.seal(), seal.seal().upstreams().get("railway")).stream()
                .filter(found -> found.resource().equals(resource))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theLossOfACallIsKnownBeforehand() throws IOException {
        LossExposure shared = exposure(SHARED);
        assertThat(shared.environments()).containsExactly("production", "staging");
        assertThat(shared.concerns()).contains(LossExposure.LossConcern.SHARED);
        assertThat(shared.lostBackups()).hasSize(3);

        LossExposure scratch = exposure(SCRATCH);
        assertThat(scratch.environments()).containsExactly("staging");
        assertThat(scratch.concerns()).containsExactly(LossExposure.LossConcern.NO_BACKUP);
    }

    @Test
    void deletingTheLastBackupIsReported() throws IOException {
        stopAllBackupsBut(TestingSeal.NIGHTLY);
        Resource backup = resource("backup", TestingSeal.NIGHTLY);

        assertThat(fresh(destroy("volumeInstanceBackupDelete", backup)).radius().notes())
                .contains("No backup of `" + SHARED + "` would remain.");
    }

    private void stopAllBackupsBut(String kept) throws IOException {
        for (int i = 2; i <= 3; i++) {
            String id = kept.substring(0, kept.length() - 1) + i;
            String query = "{\"query\":\"mutation { volumeInstanceBackupDelete(volumeInstanceBackupId: \\\"" + id
                    + "\\\", volumeInstanceId: \\\"" + TestingSeal.SHARED_IN_PRODUCTION + "\\\") { workflowId } }\"}";
            asker.ask(
                    seal.seal().upstreams().get("railway"),
                    new HttpCall("POST", "", "/graphql/v2", List.of(), List.of(), Bytes.utf8(query)));
        }
    }

    @Test
    void aFailingProviderMakesEverythingMostProtectedEvenWhatTheSealPlaces() throws IOException {
        for (InjectedFault fault :
                List.of(InjectedFault.ERROR, InjectedFault.GARBAGE, InjectedFault.CUT_BEFORE_APPLY)) {
            railway.fail(fault, "", Integer.MAX_VALUE);
            seal = seal.with(SCRATCH, "staging");

            LocatedActions located = fresh(destroy("volumeDelete", SCRATCH));

            assertThat(place(located, SCRATCH).environments())
                    .as(fault.name())
                    .containsExactly("production", "staging");
            assertThat(place(located, SCRATCH).known()).as(fault.name()).isFalse();
            assertThat(located.radius().notes()).anyMatch(note -> note.contains("could not be resolved"));
            railway.heal();
        }
    }

    @Test
    void aMovedMountIsSeenAtOnceWhereItMatters() throws IOException {
        inventory.refresh(seal.seal());
        moveScratchToProduction();

        assertThat(place(locate(write("volumeUpdate", SCRATCH), Freshness.CACHED), SCRATCH)
                        .environments())
                .as("a picture may be a little old")
                .containsExactly("staging");
        assertThat(place(fresh(write("volumeUpdate", SCRATCH)), SCRATCH).environments())
                .containsExactly("production");
        assertThat(place(locate(destroy("volumeDelete", SCRATCH), Freshness.CACHED), SCRATCH)
                        .environments())
                .as("nothing is destroyed on an old picture")
                .containsExactly("production");
    }

    @Test
    void anOldTopologyIsNotUsed() throws IOException {
        inventory.refresh(seal.seal());
        moveScratchToProduction();
        clock.pass(TopologyCache.MAX_AGE.plusSeconds(1));

        assertThat(place(locate(write("volumeUpdate", SCRATCH), Freshness.CACHED), SCRATCH)
                        .environments())
                .containsExactly("production");
    }
}
