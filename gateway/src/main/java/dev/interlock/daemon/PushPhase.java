package dev.interlock.daemon;

import dev.interlock.config.Config;
import dev.interlock.push.Devices;
import dev.interlock.push.HoldNotifier;
import dev.interlock.push.PushSender;
import dev.interlock.push.PushServices;
import dev.interlock.push.VapidKey;
import dev.interlock.signin.PinnedAuthority;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Notifications to people's devices: the devices, the gateway's key, and what sends. */
record PushPhase(Devices devices, VapidKey key, HoldNotifier notifier) {

    static PushPhase open(DaemonContext context, HoldNotifier.Holds holds, Predicate<String> isKilled) {
        Config.Console console = context.config().console().orElseThrow();
        PushServices services =
                new PushServices(console.push().map(Config.Push::services).orElse(List.of()));
        Optional<Path> authority = console.push().flatMap(Config.Push::ca);
        VapidKey key = new VapidKey(context.data("push.key"), console.called(), context.random());
        PushSender sender = context.part(new PushSender(
                services, key, () -> PinnedAuthority.trusting(authority), context.clock(), context.random()));
        Devices devices = new Devices(context.data("devices.json"), services);
        HoldNotifier notifier = context.part(new HoldNotifier(devices, sender, holds, isKilled, context.clock()));
        context.watch().setListener(notifier::heard);
        return new PushPhase(devices, key, notifier);
    }
}
