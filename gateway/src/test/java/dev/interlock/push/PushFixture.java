package dev.interlock.push;

import dev.interlock.testing.PushReceiver;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingPushService;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A real sender with its files, and a push service on loopback. */
final class PushFixture implements AutoCloseable {

    final TestingClock clock = new TestingClock();
    final TestingPushService service;
    final PushServices services;
    final Path file;
    final Devices devices;
    final VapidKey key;
    final PushSender sender;

    PushFixture(Path directory) throws Exception {
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        service = new TestingPushService(certificate);
        services = new PushServices(List.of(service.name()));
        file = directory.resolve("devices.json");
        devices = new Devices(file, services);
        key = new VapidKey(
                directory.resolve("push.key"), URI.create("https://interlock.example.com:7412"), new SecureRandom());
        sender = new PushSender(
                services,
                key,
                () -> Optional.of(trusting(certificate)),
                Duration.ofSeconds(30),
                clock,
                new SecureRandom());
    }

    private static javax.net.ssl.SSLContext trusting(TestingCertificate certificate) throws java.io.IOException {
        try {
            return certificate.trusting();
        } catch (java.security.GeneralSecurityException e) {
            throw new java.io.IOException(e);
        }
    }

    /** Returns a browser of {@code person} that is not added yet. */
    Device device(String person, PushReceiver receiver, String path) {
        return devices.read(
                receiver.subscription(service.endpoint(path)).canonicalText(),
                person,
                "Chrome on Android",
                clock.instant());
    }

    /** Adds a browser of {@code person}. */
    PushReceiver add(String person, String path) throws Exception {
        PushReceiver receiver = new PushReceiver();
        devices.add(device(person, receiver, path));
        return receiver;
    }

    @Override
    public void close() {
        sender.close();
        service.close();
    }
}
