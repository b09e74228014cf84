package dev.interlock.console;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;

/** The page about passkeys: their owners, how to enrol a new one, and how to revoke one. It shows devices as well. */
record KeyPages() {

    record Key(String id, String person, String state, String strength, HoldView.DisplayTime since, String words) {

        boolean isWaiting() {
            return state.equals("waiting");
        }

        boolean isOver() {
            return state.equals("revoked");
        }
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        List<Key> keys = request.ask(new PersonQuestion.ListPasskeys()).keys().stream()
                .map(key -> new Key(
                        DisplayText.text(key.id()),
                        DisplayText.text(key.person()),
                        DisplayText.text(key.state()),
                        (key.keyClass().orElse("") + " " + key.basis().orElse("")).strip(),
                        HoldView.DisplayTime.of(key.madeAt().toString()),
                        key.words().orElse("")))
                .toList();
        Layout layout = new Layout("Passkeys and devices", "", request.session());
        String person = request.signedIn().peer().person().orElse("");
        DeviceList devices = devices(request);
        return ConsoleAnswer.page(
                (output, none) -> JtekeysGenerated.render(output, none, layout, keys, devices, person));
    }

    ConsoleAnswer begin(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.BeginPasskey(
                request.field("person").orElse(""), request.field("code").map(Secret::new))));
    }

    ConsoleAnswer finish(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.FinishPasskey(
                request.field("enrolment").orElse(""),
                new Json.Text(request.field("credential").orElse("")),
                request.field("code").map(Secret::new))));
    }

    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(PersonQuestion.PrepareSignature.ofKey(request.signer(), request.id())));
    }

    ConsoleAnswer endorse(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.EndorsePasskey(request.id(), request.signature())));
    }

    ConsoleAnswer revoke(ConsoleRequest request) throws AdminRefusedException {
        return request.act(
                new PersonQuestion.RevokePasskey(
                        request.id(), request.field("reason").orElse("")),
                "/keys");
    }

    /** A person's devices, the gateway's key to which browsers subscribe, or why there is neither. */
    record DeviceList(String key, List<DeviceRow> all, String trouble) {}

    record DeviceRow(String id, String label, String service, HoldView.DisplayTime since) {}

    /** Returns the devices, or why they cannot be shown: the passkeys on the same page are needed all the same. */
    private static DeviceList devices(ConsoleRequest request) {
        try {
            return devices(request.ask(new PersonQuestion.ListDevices()));
        } catch (AdminRefusedException e) {
            return new DeviceList("", List.of(), DisplayText.sentence(e.getMessage() + " " + e.next()));
        }
    }

    private static DeviceList devices(PersonQuestion.Devices listed) {
        return new DeviceList(
                listed.key(),
                listed.devices().stream()
                        .map(device -> new DeviceRow(
                                DisplayText.text(device.id()),
                                DisplayText.text(device.label()),
                                DisplayText.text(device.service()),
                                HoldView.DisplayTime.of(device.since().toString())))
                        .toList(),
                "");
    }

    ConsoleAnswer addDevice(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.AddDevice(
                request.field("label").orElse("a browser"),
                new Secret(request.fields().getOrDefault("subscription", "")))));
    }

    ConsoleAnswer removeDevice(ConsoleRequest request) throws AdminRefusedException {
        return request.act(new PersonQuestion.RemoveDevice(request.id()), "/keys");
    }
}
