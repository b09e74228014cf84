package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.push.Device;
import dev.interlock.push.Devices;
import dev.interlock.push.VapidKey;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Commands about devices that are notified of holds. At the console, people add and remove only their own. */
public record DeviceCommands(Devices devices, VapidKey key, Supplier<Optional<Seal>> seals, InstantSource clock)
        implements CommandGroup {

    private static final System.Logger LOG = System.getLogger(DeviceCommands.class.getName());

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(PersonQuestion.AddDevice.class, this::add),
                Command.of(PersonQuestion.ListDevices.class, request -> list(request.peer())),
                Command.of(PersonQuestion.RemoveDevice.class, this::remove));
    }

    private PersonQuestion.Devices list(Peer peer) throws AdminRefusedException {
        try {
            return new PersonQuestion.Devices(
                    key.publicKey(),
                    visible(peer).stream().map(DeviceCommands::answer).toList());
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private List<Device> visible(Peer peer) {
        if (!peer.isAtConsole()) {
            return devices.of(Optional.empty());
        }
        return peer.person().map(person -> devices.of(Optional.of(person))).orElse(List.of());
    }

    private static PersonQuestion.Device answer(Device device) {
        return new PersonQuestion.Device(
                device.id(), device.person(), device.label(), device.service(), device.since());
    }

    /** Adds the browser of a person who is signed in. It is recorded before it takes effect. */
    private PersonQuestion.AddedDevice add(AdminRequest<PersonQuestion.AddDevice> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String person = request.peer()
                .person()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "A device is notified of one person's holds, and a code names no person of the seal.",
                        "Sign in at the console on that device, with your passkey."));
        if (!request.seal().people().containsKey(person)) {
            throw new AdminRefusedException(
                    "not_entitled", "`" + person + "` is not a person of the seal.", "Ask who seals to add you.");
        }
        try {
            Device device = devices.read(
                    request.question().subscription().<String>use(text -> text),
                    person,
                    request.question().label(),
                    clock.instant());
            devices.requireRoom(device);
            request.entry()
                    .record(Json.object()
                            .with("device", device.id())
                            .with("person", person)
                            .with("label", device.label())
                            .with("service", device.service()));
            devices.add(device);
            return new PersonQuestion.AddedDevice(answer(device));
        } catch (Devices.TooManyDevicesException e) {
            throw new AdminRefusedException("refused", String.valueOf(e.getMessage()), "Then add this one.");
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private PersonQuestion.RemovedDevice remove(AdminRequest<PersonQuestion.RemoveDevice> request)
            throws AdminRefusedException {
        String id = request.question().device();
        Device device = visible(request.peer()).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "You have no device with that name.", "Open the page again to see yours."));
        boolean durable = removed(id);
        boolean recorded = request.entry()
                .done(Json.object()
                        .with("device", id)
                        .with("person", device.person())
                        .with("durable", durable));
        return new PersonQuestion.RemovedDevice(id, device.person(), durable, recorded);
    }

    private boolean removed(String id) {
        try {
            devices.remove(id);
            return true;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the device " + id + " returns with a restart", e);
            return false;
        }
    }

    private static AdminRefusedException unavailable(IOException e) {
        LOG.log(System.Logger.Level.WARNING, "devices cannot be stored or their key cannot be read", e);
        return new AdminRefusedException(
                "unavailable", "Devices cannot be stored or read at the moment.", "See the daemon's log.");
    }

    /** Removes the devices of people who have left the seal. */
    @Override
    public void runPeriodically() {
        seals.get().ifPresent(seal -> {
            try {
                devices.retain(seal.people().keySet());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "devices of people who left return with a restart", e);
            }
        });
    }
}
