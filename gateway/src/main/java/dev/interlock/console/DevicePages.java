package dev.interlock.console;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import java.util.List;

/** The part of the page about keys that is about devices: browsers that notify a person of holds. */
final class DevicePages {

    /**
     * What the page shows.
     *
     * @param key the gateway's public key, to which a browser subscribes
     * @param all the devices of the person who is signed in
     * @param trouble why there is neither key nor device; empty if there is no trouble
     */
    record DeviceList(String key, List<DeviceRow> all, String trouble) {}

    /** A device. */
    record DeviceRow(String id, String label, String service, String since) {}

    /** Returns the devices, or why they cannot be shown: the passkeys on the same page are needed all the same. */
    static DeviceList list(ConsoleRequest request) {
        try {
            return list(request.ask(new PersonQuestion.ListDevices()));
        } catch (AdminRefusedException e) {
            return new DeviceList("", List.of(), DisplayText.sentence(e.getMessage() + " " + e.next()));
        }
    }

    private static DeviceList list(PersonQuestion.Devices listed) {
        return new DeviceList(
                listed.key(),
                listed.devices().stream()
                        .map(device -> new DeviceRow(
                                DisplayText.text(device.id()),
                                DisplayText.text(device.label()),
                                DisplayText.text(device.service()),
                                DisplayText.time(device.since())))
                        .toList(),
                "");
    }

    ConsoleAnswer add(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.AddDevice(
                request.field("label").orElse("a browser"),
                new Secret(request.fields().getOrDefault("subscription", "")))));
    }

    ConsoleAnswer remove(ConsoleRequest request) throws AdminRefusedException {
        return request.act(new PersonQuestion.RemoveDevice(request.id()), "/keys");
    }
}
