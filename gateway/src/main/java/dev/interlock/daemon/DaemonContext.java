package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.config.Config;
import dev.interlock.config.SecretFile;
import dev.interlock.linux.TrustedFiles;
import dev.interlock.watch.AlertChannel;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.ProgramChannel;
import dev.interlock.watch.SlackChannel;
import dev.interlock.watch.WebhookChannel;
import dev.interlock.watch.WebhookClient;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** What every phase of the start uses; {@code parts} are closed when the gateway ends, the youngest first. */
record DaemonContext(
        Config config, Clock clock, SecureRandom random, Deque<AutoCloseable> parts, AlertDispatcher watch) {

    /** Opens the alerts first, so that later failures can be reported. */
    static DaemonContext open(Config config, Clock clock, SecureRandom random, Deque<AutoCloseable> parts)
            throws IOException {
        WebhookClient post = new WebhookClient();
        parts.push(post);
        Map<String, AlertChannel> carriers = new HashMap<>();
        for (Map.Entry<String, Config.Receiver> receiver : config.alerts().entrySet()) {
            try {
                carriers.put(receiver.getKey(), carrier(post, receiver.getValue(), clock));
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the receiver of alerts `" + receiver.getKey() + "` is not usable: " + e.getMessage(), e);
            }
        }
        AlertDispatcher watch = new AlertDispatcher(
                Telemetry.alertLog(config, clock),
                clock,
                System::nanoTime,
                config.origin(),
                config.data().resolve("alerts"),
                carriers);
        parts.push(watch);
        return new DaemonContext(config, clock, random, parts, watch.start());
    }

    private static AlertChannel carrier(WebhookClient post, Config.Receiver receiver, Clock clock) throws IOException {
        if (receiver.exec().isPresent()) {
            return ProgramChannel.at(Path.of(receiver.exec().get()), TrustedFiles::require);
        }
        return receiver.slackUrlFile().isPresent()
                ? SlackChannel.at(post, SecretFile.read(receiver.slackUrlFile().get()))
                : WebhookChannel.at(
                        post,
                        receiver.url().orElseThrow(),
                        SecretFile.read(receiver.secretFile().orElseThrow()),
                        clock);
    }

    /** Has {@code part} closed when the gateway ends, before everything that was given here earlier. */
    <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    Path data(String name) {
        return config.data().resolve(name);
    }

    Consumer<Alert> alerts() {
        return watch::raise;
    }
}
