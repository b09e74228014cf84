package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.backup.run.BackupException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests servers with unusable listings: the error names the server, and the wait ends. */
class S3ListingTest {

    private static final String ID = "20260101T000000Z-abcdef";
    private static final String CONTENT = "evil/" + ID + "/content";
    private static final String MANIFEST = "evil/" + ID + "/manifest";
    private static final String SINCE = "<LastModified>2026-01-01T00:00:00Z</LastModified>";

    @TempDir
    private Path directory;

    private HttpServer server;
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger deleted = new AtomicInteger();

    /** The answers to listings of objects and of uploads, by the number of earlier requests. */
    private IntFunction<String> objects = _ -> "";

    private String uploads = "";
    private boolean halves;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        PrivateFiles.write(
                directory.resolve("s3"),
                "aws_access_key_id = a\naws_secret_access_key = b\n".getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("DELETE")) {
                deleted.incrementAndGet();
            }
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            String body = query.contains("list-type=2")
                    ? "<ListBucketResult>" + objects.apply(asked.getAndIncrement()) + "</ListBucketResult>"
                    : query.contains("uploads")
                            ? "<ListMultipartUploadsResult>" + uploads + "</ListMultipartUploadsResult>"
                            : "<ListVersionsResult></ListVersionsResult>";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/xml");
            if (halves && !query.contains("list")) {
                half(exchange);
                return;
            }
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(200, head ? -1 : bytes.length);
            if (!head) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    /** Answers from the beginning, whatever range was requested, and breaks off. */
    private static void half(HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().add("Content-Length", "10");
            exchange.sendResponseHeaders(200, -1);
        } else {
            exchange.sendResponseHeaders(200, 10);
            exchange.getResponseBody().write(new byte[5]);
            exchange.getResponseBody().flush();
        }
    }

    private S3Storage place(Duration longest) throws IOException {
        URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        BackupTarget.S3 target = new BackupTarget.S3(
                endpoint, "us-east-1", "bucket", "", true, directory.resolve("s3"), Optional.empty(), true);
        return S3Storage.of("evil", target, Clock.systemUTC(), longest);
    }

    private S3Storage place() throws IOException {
        return place(S3Listing.LONGEST);
    }

    private static String object(String key, String more) {
        return "<Contents><Key>" + key + "</Key>" + more + "<Size>100</Size></Contents>";
    }

    private static String more(String token) {
        return "<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + "</NextContinuationToken>";
    }

    private void assertSays(BackupStorage.StorageOperation<?> work, String words) {
        assertThatThrownBy(() -> BackupStorage.runOnStorage(work))
                .isInstanceOf(BackupException.class)
                .hasMessageStartingWith("the storage `http://127.0.0.1:")
                .hasMessageContaining(words);
    }

    private static BackupStorage.StorageOperation<?> holding(BackupStorage place) {
        return () -> {
            try (BackupStorage.StorageLock held = place.hold()) {
                return held.unremoved();
            }
        };
    }

    @Test
    void aRepeatedPageIsRefused() throws IOException {
        objects = _ -> more("same");
        assertSays(place()::ids, "incomplete, without a next page");
        assertSays(holding(place()), "incomplete, without a next page");
        objects = _ -> "<IsTruncated>true</IsTruncated>";
        assertSays(place()::ids, "incomplete, without a next page");
    }

    @Test
    void anEndlessListingIsRefused() throws IOException {
        objects = count -> more("page-" + count);
        assertSays(place(Duration.ofSeconds(2))::ids, "did not finish its list within 2 seconds");
        assertSays(holding(place(Duration.ofSeconds(2))), "did not finish its list within 2 " + "seconds");
    }

    @Test
    void anUnansweredListingTimesOut() throws IOException {
        Object never = new Object();
        objects = _ -> {
            synchronized (never) {
                try {
                    never.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return "";
        };
        assertSays(place(Duration.ofSeconds(2))::ids, "did not finish its list within 2 seconds");
    }

    @Test
    void anOversizedListingIsRefused() throws IOException {
        String many = object("evil/" + "x".repeat(1000), SINCE).repeat(1000);
        objects = count -> many + more("page-" + count);
        assertSays(place()::ids, "lists more names below `evil/` than backups have");
        objects = _ -> object(MANIFEST, SINCE).repeat(100_000);
        assertSays(place()::ids, "does not answer");
    }

    @Test
    void unsolicitedEntriesAreTheServersFault() throws IOException {
        for (String odd : List.of(object("q", SINCE), object("", SINCE), "<Contents></Contents>")) {
            objects = _ -> odd;
            assertSays(place()::ids, "returned an invalid list");
            assertSays(place()::leftovers, "returned an invalid list");
            assertSays(holding(place()), "returned an invalid list");
        }
        objects = _ -> object(MANIFEST, "<LastModified>yesterday</LastModified>");
        assertSays(place()::ids, "does not answer");
        objects = _ -> "";
        uploads = "<Upload><Key>q</Key><UploadId>u</UploadId></Upload>";
        assertSays(holding(place()), "returned an invalid list");
    }

    /** Its age is unknown: it may be in progress. */
    @Test
    void whatHasNoDateIsLeftAndSaid() throws IOException {
        objects = _ -> object(CONTENT, "");
        assertThat(place().leftovers()).containsOnlyKeys(ID);
        try (BackupStorage.StorageLock held = place().hold()) {
            assertThat(held.unremoved()).containsOnly(Map.entry(ID, "the storage does not say when it was stored"));
        }
        objects = _ -> object(CONTENT, "") + object(MANIFEST, "");
        assertThat(place().ids()).containsExactly(ID);
        uploads = "<Upload><Key>" + CONTENT + "</Key><UploadId>u</UploadId></Upload>";
        try (BackupStorage.StorageLock held = place().hold()) {
            assertThat(held.unremoved()).containsOnly(Map.entry(ID, "the storage does not say when it was stored"));
        }
        assertThat(deleted).hasValue(0);
    }

    /** Otherwise the first half would pass for the second, and the backup for an altered one. */
    @Test
    void whatDoesNotGoOnWhereItWasIsNotTheBackupsFault() throws IOException {
        halves = true;
        assertSays(
                () -> {
                    try (InputStream in = place().read(ID, "content")) {
                        return in.readAllBytes();
                    }
                },
                "does not continue at the requested position");
    }

    @Test
    void whatHasNoLengthCannotBeRead() throws IOException {
        assertSays(() -> place().size(ID, "manifest"), "does not say how long");
        assertSays(() -> place().read(ID, "manifest"), "does not say how long");
    }
}
