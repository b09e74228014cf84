package dev.interlock.push;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The browsers that notify people, in one private file that is replaced as a whole. Losing it loses no decision: people
 * add their devices again.
 *
 * <p>Threading: guarded by itself.
 */
public final class Devices {

    /** Maximum number of devices of one person. */
    public static final int MAX_OF_ONE = 10;
    /** Maximum number of devices. */
    static final int MAX = 1_000;

    private static final System.Logger LOG = System.getLogger(Devices.class.getName());

    /** Thrown if there are too many devices. Its message has the next step. */
    public static final class TooManyDevicesException extends Exception {

        private static final long serialVersionUID = 1L;

        TooManyDevicesException(String message) {
            super(message);
        }
    }

    private final Path file;
    private final PushServices services;
    // Guarded by this.
    private List<Device> all;

    /** Opens the devices in {@code file}. A device at a service that is no longer allowed is left out. */
    public Devices(Path file, PushServices services) {
        this.file = file;
        this.services = services;
        this.all = stored();
    }

    private List<Device> stored() {
        try {
            List<Device> devices = new ArrayList<>();
            for (Json.Members one : Json.readObject(Files.readAllBytes(file)).objects("devices")) {
                try {
                    devices.add(Device.read(one, services));
                } catch (IllegalArgumentException e) {
                    LOG.log(System.Logger.Level.WARNING, "a device is left out: " + e.getMessage());
                }
            }
            return List.copyOf(devices);
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException | MalformedException e) {
            // no cause: it may quote the file, whose addresses are secrets
            LOG.log(
                    System.Logger.Level.WARNING,
                    "`" + file + "` cannot be read (" + e.getClass().getSimpleName()
                            + "), so no device is notified; people can add theirs again");
            return List.of();
        }
    }

    /**
     * Returns the device that {@code text}, the browser's subscription, would be for {@code person}. Nothing changes.
     *
     * @throws IllegalArgumentException if it is no subscription, or at no known push service
     */
    public Device read(String text, String person, String label, Instant now) {
        return new Device(person, label, now, Subscription.read(text, services));
    }

    /** Refuses {@code device} if its person, or everybody together, has as many as possible already. */
    public synchronized void requireRoom(Device device) throws TooManyDevicesException {
        List<Device> others = without(all, known -> known.id().equals(device.id()));
        if (others.stream()
                        .filter(known -> known.person().equals(device.person()))
                        .count()
                >= MAX_OF_ONE) {
            throw new TooManyDevicesException("You have " + MAX_OF_ONE + " devices already: remove one of them first.");
        }
        if (others.size() >= MAX) {
            throw new TooManyDevicesException("There are " + MAX + " devices already: remove some first.");
        }
    }

    /** Adds {@code device}; a browser belongs to who added it last. IOException: not stored, and nothing changes. */
    public synchronized void add(Device device) throws IOException, TooManyDevicesException {
        requireRoom(device);
        List<Device> next = new ArrayList<>(without(all, known -> known.id().equals(device.id())));
        next.add(device);
        keep(next);
    }

    public synchronized List<Device> of(Optional<String> person) {
        return without(
                all,
                device -> person.filter(one -> !one.equals(device.person())).isPresent());
    }

    synchronized List<Device> ofEach(Set<String> people) {
        return without(all, device -> !people.contains(device.person()));
    }

    /** Removes the device {@code id} at once. IOException: a restart would bring it back. */
    public void remove(String id) throws IOException {
        remove(device -> device.id().equals(id));
    }

    /** Removes the devices of everybody who is not one of {@code people}. */
    public void retain(Set<String> people) throws IOException {
        remove(device -> !people.contains(device.person()));
    }

    private synchronized void remove(Predicate<Device> gone) throws IOException {
        List<Device> rest = without(all, gone);
        if (rest.size() < all.size()) {
            all = rest;
            keep(rest);
        }
    }

    private static List<Device> without(List<Device> devices, Predicate<Device> gone) {
        return devices.stream().filter(gone.negate()).toList();
    }

    private void keep(List<Device> next) throws IOException {
        PrivateFiles.replace(
                file,
                Json.object()
                        .withItems("devices", next.stream().map(Device::json))
                        .canonical());
        all = List.copyOf(next);
    }
}
