package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.push.Device;
import dev.interlock.push.Devices;
import dev.interlock.push.PushServices;
import dev.interlock.push.VapidKey;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.PushReceiver;
import dev.interlock.testing.TestingClock;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests who may add and remove devices, and what is recorded about it. */
final class DeviceCommandsTest {

    private static final Peer ANN = new Peer("ann", new Peer.SignInMethod.Passkey("Y3JlZA"));
    private static final Peer SAM = new Peer("sam", new Peer.SignInMethod.OpenIdProvider("https://id.example", "s-1"));
    private static final Peer CODE = new Peer("ann", new Peer.SignInMethod.OneTimeCode());
    private static final Peer ROOT = new Peer("root");

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final List<Json.Members> recorded = new ArrayList<>();
    private final List<String> order = new ArrayList<>();
    private Optional<Seal> seal = seal("ann", "sam");
    private boolean full;
    private Devices devices;
    private Administration administration;

    private static Optional<Seal> seal(String... people) {
        return Optional.of(Fixtures.seal().with(parts -> {
            parts.people = new TreeMap<>();
            for (String name : people) {
                parts.people.put(name, new Seal.Person(name, Set.of("owners"), List.of(), Optional.empty()));
            }
        }));
    }

    @BeforeEach
    void open() {
        devices = new Devices(directory.resolve("devices.json"), new PushServices(List.of()));
        VapidKey key = new VapidKey(
                directory.resolve("push.key"), URI.create("https://interlock.example.com"), new SecureRandom());
        administration = new Administration(
                List.of(new DeviceCommands(devices, key, () -> seal, clock)),
                () -> seal,
                new Recorder(),
                clock,
                _ -> {});
    }

    /** Writes down what is recorded, and how many devices there were at that moment. */
    private final class Recorder implements Administration.Recorder {

        @Override
        public String record(Json.Members members) throws LedgerUnavailableException {
            if (full) {
                throw new LedgerUnavailableException("the disk is full");
            }
            recorded.add(members);
            order.add(members.text("command") + " with " + all().size());
            return "R-1";
        }

        @Override
        public String recordRefused(Json.Members members) throws LedgerUnavailableException {
            return record(members);
        }
    }

    private List<Device> all() {
        return devices.of(Optional.empty());
    }

    private Json.Members run(Peer peer, String command, Json.Members arguments) throws AdminRefusedException {
        List<Json.Members> results = new ArrayList<>();
        administration.run(peer, command, arguments, results::add);
        return results.getFirst();
    }

    private static Json.Members subscription(String endpoint) throws Exception {
        return Json.object()
                .with("label", "Chrome on Android")
                .with("subscription", new PushReceiver().subscription(endpoint).canonicalText());
    }

    private String added(Peer peer, String path) throws Exception {
        return run(peer, "device.add", subscription("https://fcm.googleapis.com/fcm/send/" + path))
                .object("device")
                .text("id");
    }

    private String refused(Peer peer, String command, Json.Members arguments) {
        AdminRefusedException refused =
                catchThrowableOfType(AdminRefusedException.class, () -> run(peer, command, arguments));
        return refused == null ? "nothing was refused" : refused.kind();
    }

    private static Json.Members device(String id) {
        return Json.object().with("device", id);
    }

    @Test
    void aPersonsDeviceIsRecordedBeforeItIsAddedAndWithoutItsAddress() throws Exception {
        String id = added(ANN, "secret");
        assertThat(order).containsExactly("device.add with 0");
        assertThat(recorded.getFirst().canonicalText())
                .contains(id, "\"person\":\"ann\"", "fcm.googleapis.com")
                .doesNotContain("secret");
        Json.Members list = run(ANN, "device.list", Json.object());
        assertThat(list.objects("devices"))
                .singleElement()
                .satisfies(one -> assertThat(one.text("id")).isEqualTo(id));
        assertThat(list.canonicalText()).doesNotContain("secret");
        assertThat(list.text("key")).hasSize(87);
    }

    @Test
    void onlyAPersonOfTheSealAddsADevice() throws Exception {
        Json.Members subscription = subscription("https://fcm.googleapis.com/x");
        assertThat(refused(CODE, "device.add", subscription)).isEqualTo("not_entitled");
        assertThat(refused(ROOT, "device.add", subscription)).isEqualTo("not_entitled");
        seal = seal("sam");
        assertThat(refused(ANN, "device.add", subscription)).isEqualTo("not_entitled");
        assertThat(all()).isEmpty();
        assertThat(recorded).isEmpty();
        added(SAM, "sams");
        assertThat(all()).hasSize(1);
    }

    @Test
    void anAddressThatIsNoPushServicesIsRefused() throws Exception {
        for (String address : List.of("https://127.0.0.1/x", "https://localhost/x", "http://fcm.googleapis.com/x")) {
            assertThat(refused(ANN, "device.add", subscription(address)))
                    .as(address)
                    .isEqualTo(AdminRefusedException.WRONG_ARGUMENT);
        }
        Assertions.assertThatThrownBy(() ->
                        run(ANN, "device.add", Json.object().with("label", "x").with("subscription", "{}")))
                .isInstanceOf(MalformedException.class);
        assertThat(all()).isEmpty();
        assertThat(recorded).isEmpty();
    }

    @Test
    void anUnrecordableDeviceIsNotAdded() throws Exception {
        full = true;
        assertThat(refused(ANN, "device.add", subscription("https://fcm.googleapis.com/x")))
                .isEqualTo("unavailable");
        assertThat(all()).isEmpty();
    }

    @Test
    void peopleSeeAndRemoveOnlyTheirOwn() throws Exception {
        String anns = added(ANN, "ann");
        assertThat(run(SAM, "device.list", Json.object()).objects("devices")).isEmpty();
        assertThat(run(CODE, "device.list", Json.object()).objects("devices")).isEmpty();
        assertThat(refused(SAM, "device.remove", device(anns))).isEqualTo("not_found");
        assertThat(refused(CODE, "device.remove", device(anns))).isEqualTo("not_found");
        assertThat(all()).hasSize(1);
        assertThat(run(ANN, "device.remove", device(anns)).flag("recorded")).isTrue();
        assertThat(all()).isEmpty();
        assertThat(order).last().isEqualTo("device.remove with 0");
    }

    @Test
    void anAdministratorOfTheMachineRemovesAnyDevice() throws Exception {
        String anns = added(ANN, "ann");
        assertThat(run(ROOT, "device.list", Json.object()).objects("devices")).hasSize(1);
        run(ROOT, "device.remove", device(anns));
        assertThat(all()).isEmpty();
    }

    @Test
    void aPersonWhoLeftTheSealHasNoDevices() throws Exception {
        added(ANN, "ann");
        added(SAM, "sam");
        seal = Optional.empty();
        administration.tidy();
        assertThat(all()).hasSize(2); // without a seal nobody has left
        seal = seal("sam");
        administration.tidy();
        assertThat(all()).extracting(Device::person).containsExactly("sam");
    }

    @Test
    void anEleventhDeviceIsRefusedWithTheNextStep() throws Exception {
        for (int i = 0; i < Devices.MAX_OF_ONE; i++) {
            added(ANN, "a" + i);
        }
        assertThat(refused(ANN, "device.add", subscription("https://fcm.googleapis.com/more")))
                .isEqualTo("refused");
        assertThat(recorded).hasSize(Devices.MAX_OF_ONE);
    }
}
