package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
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
            return list(request.ask("device.list"));
        } catch (AdminRefusedException e) {
            return new DeviceList("", List.of(), DisplayText.sentence(e.getMessage() + " " + e.next()));
        }
    }

    private static DeviceList list(Json.Members listed) {
        return new DeviceList(
                listed.text("key"),
                listed.objects("devices").stream()
                        .map(device -> new DeviceRow(
                                DisplayText.text(device, "id"),
                                DisplayText.text(device, "label"),
                                DisplayText.text(device, "service"),
                                DisplayText.time(device.text("since"))))
                        .toList(),
                "");
    }

    ConsoleAnswer add(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "device.add",
                        Json.object()
                                .with("label", request.field("label").orElse("a browser"))
                                .with("subscription", request.fields().getOrDefault("subscription", ""))));
    }

    ConsoleAnswer remove(ConsoleRequest request) throws AdminRefusedException {
        return request.act("device.remove", Json.object().with("device", request.id()), "/keys");
    }
}
