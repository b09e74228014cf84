package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.evidence.Restoration;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Storage that speaks S3: {@code PREFIX PLAN/ID/NAME}. Nothing can be renamed there, so a backup counts from the moment
 * on in which its manifest is there, which is put there last. Large files go in parts, of which there is nothing to be
 * seen before all are there.
 *
 * <p>There is no lock that ends with whoever held it: two machines may take backups of one plan at once, and neither
 * disturbs the other. What was left behind is removed when it is so old that nobody can be at work on it.
 */
final class S3Place implements Place {

    /** S3, multipart upload limits: 10,000 parts, each but the last of at least 5 MiB. */
    private static final int PART = 16 << 20;

    /** So that a file may have 80 GiB in small parts, and then a terabyte more in large ones. */
    private static final int SMALL_PARTS = 5_000;

    private static final int LARGE_PART = 256 << 20;

    /** A link that breaks this often without a byte in between is no link. */
    private static final int MAX_ATTEMPTS = 5;

    private static final Duration CONNECTING = Duration.ofSeconds(15);
    private static final Duration ANSWERING = Duration.ofSeconds(90);

    /** Nothing else ends a server that takes what it is sent and does not read it. */
    private static final Duration PASSING = Duration.ofHours(1);

    /** What ends a connection may itself have to wait for it; the limits of others are kept all the same. */
    private static final int LIMITERS = 4;

    /** For all: a client would have a pool of its own, which nobody ends, and one is made for each look. */
    private static final ScheduledExecutorService LIMITS = limits();

    private final Target.S3 target;
    private final String base;
    private final S3Client client;
    private final S3Answers answers;
    private final Clock clock;
    private final Duration longest;

    private S3Place(String plan, Target.S3 target, S3Client client, Clock clock, Duration longest) {
        this.target = target;
        this.answers = new S3Answers(target.endpoint());
        this.base = target.prefix() + plan + "/";
        this.client = client;
        this.clock = clock;
        this.longest = longest;
    }

    /** The place of {@code plan} in {@code target}. @throws BackupException if there are no credentials for it */
    static S3Place of(String plan, Target.S3 target, Clock clock) throws IOException {
        return of(plan, target, clock, S3Listing.LONGEST);
    }

    /** @param longest how long it may list for one thing that is done there */
    static S3Place of(String plan, Target.S3 target, Clock clock, Duration longest) throws IOException {
        AwsBasicCredentials credentials = credentials(target.credentials());
        S3Client client = S3Client.builder()
                .endpointOverride(target.endpoint())
                .region(Region.of(target.region()))
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                // Nothing but what the plan says: no profile, no other endpoint, no region of this machine.
                .overrideConfiguration(config -> config.defaultProfileFileSupplier(
                                () -> ProfileFile.aggregator().build())
                        .addExecutionInterceptor(new S3Answers.Ending())
                        .apiCallAttemptTimeout(PASSING)
                        .scheduledExecutorService(LIMITS))
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(target.pathStyle())
                        .chunkedEncodingEnabled(false)
                        .build())
                // Each request carries Content-MD5, which every server of this kind checks.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECTING)
                        .socketTimeout(ANSWERING))
                .build();
        return new S3Place(plan, target, client, clock, longest);
    }

    private static ScheduledExecutorService limits() {
        ScheduledThreadPoolExecutor limits = new ScheduledThreadPoolExecutor(
                LIMITERS, Thread.ofPlatform().daemon().name("limits of storage").factory());
        limits.setRemoveOnCancelPolicy(true); // or that of each request stays until its time is over
        return limits;
    }

    private static AwsBasicCredentials credentials(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new BackupException("there is no file with credentials `" + file + "`");
        }
        byte[] bytes = PrivateFiles.readSecret(file);
        try {
            Map<String, String> values = new HashMap<>();
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
                int equals = line.indexOf('=');
                if (equals > 0) {
                    values.put(
                            line.substring(0, equals).strip(),
                            line.substring(equals + 1).strip());
                }
            }
            String id = values.getOrDefault("aws_access_key_id", "");
            String secret = values.getOrDefault("aws_secret_access_key", "");
            if (id.isEmpty() || secret.isEmpty()) {
                throw new BackupException(
                        "`" + file + "` does not hold `aws_access_key_id = …` and `aws_secret_access_key = …`");
            }
            return AwsBasicCredentials.create(id, secret);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    @Override
    public Optional<Path> directory() {
        return Optional.empty();
    }

    @Override
    public boolean isServedHere() {
        String host = target.endpoint().getHost();
        return !target.elsewhere() && ThisMachine.answersAt(target.pathStyle() ? host : target.bucket() + "." + host);
    }

    private String key(String id, String name) {
        return base + id + "/" + name;
    }

    private <T> T asked(Supplier<T> request) {
        return answers.asked(request);
    }

    private UncheckedIOException unanswered(String what) {
        return answers.unanswered(what);
    }

    private S3Listing listing() {
        return new S3Listing(client, answers, target.bucket(), longest);
    }

    @Override
    public Held hold() throws IOException {
        Leftovers leftovers = new Leftovers(() -> {});
        Instant before = clock.instant().minus(LEFT_BEHIND);
        S3Listing listing = listing();
        for (S3Listing.Found upload : listing.uploads(base)) {
            if (isOurs(upload.key()) && !upload.isDated()) {
                leftovers.leave(id(upload.key()), Leftovers.UNDATED);
            } else if (isOurs(upload.key()) && upload.since().isBefore(before)) {
                leftovers.remove(id(upload.key()), () -> abort(upload));
            }
        }
        List<S3Listing.Found> all = listing.objects(base);
        for (S3Listing.Found one : unnamed(all).values()) {
            String id = id(one.key());
            if (!one.isDated()) {
                leftovers.leave(id, Leftovers.UNDATED);
            } else if (one.since().isBefore(before)) {
                leftovers.remove(id, () -> sweep(id, all, leftovers, listing));
            }
        }
        Leftovers.count(others(all), leftovers::leave);
        return leftovers;
    }

    /** What has no manifest never counted, unless that is only hidden: then it did, and can again. */
    private void sweep(String id, List<S3Listing.Found> all, Leftovers leftovers, S3Listing listing) {
        if (isHidden(id, listing)) {
            leftovers.leave(id, Leftovers.HIDDEN);
        } else {
            removeAll(id, listing);
            if (all.stream().anyMatch(one -> id(one.key()).equals(id) && !isOurs(one.key()))) {
                leftovers.leave(id, Leftovers.FOREIGN);
            }
        }
    }

    /** Whether {@code id}, of which no manifest is to be seen, has one that a delete marker hides. */
    private boolean isHidden(String id, S3Listing listing) {
        String manifest = key(id, MANIFEST);
        return listing.versions(manifest).all().stream()
                .anyMatch(version -> version.key().equals(manifest));
    }

    /** Whoever tidies up goes by these words. */
    @Override
    public Map<String, String> debris() throws IOException {
        Map<String, String> all = new TreeMap<>();
        Instant before = clock.instant().minus(LEFT_BEHIND);
        S3Listing listing = listing();
        List<S3Listing.Found> found = listing.objects(base);
        unnamed(found)
                .forEach((id, youngest) -> all.put(id, why(id, youngest.since().isBefore(before), listing)));
        Leftovers.count(others(found), all::put);
        return all;
    }

    private String why(String id, boolean isLeftBehind, S3Listing listing) {
        try {
            if (isHidden(id, listing)) {
                return Leftovers.HIDDEN;
            }
            return isLeftBehind ? Leftovers.NO_MANIFEST : Leftovers.UNFINISHED;
        } catch (UncheckedIOException e) { // these credentials need not be allowed to ask
            return Leftovers.UNSEEN;
        }
    }

    private void abort(S3Listing.Found upload) {
        abort(upload.key(), upload.id());
    }

    private void abort(String key, @Nullable String upload) {
        asked(() -> client.abortMultipartUpload(
                request -> request.bucket(target.bucket()).key(key).uploadId(upload)));
    }

    /** Of a key {@code BASE ID/NAME}. */
    private String id(String key) {
        String rest = key.substring(base.length());
        int slash = rest.indexOf('/');
        return slash < 0 ? "" : rest.substring(0, slash);
    }

    /** Whether {@code key} is a backup's by all of its name: whatever else lies there is somebody's. */
    private boolean isOurs(String key) {
        String id = id(key);
        return Restoration.isName(id)
                && Place.isOfBackup(key.substring(key(id, "").length()));
    }

    @Override
    public List<String> ids() throws IOException {
        return named(listing().objects(base)).sorted().toList();
    }

    private Stream<String> named(List<S3Listing.Found> all) {
        return all.stream()
                .map(S3Listing.Found::key)
                .filter(key -> key.equals(key(id(key), MANIFEST)))
                .map(this::id)
                .filter(Restoration::isName);
    }

    /** Of those without a manifest the youngest file. */
    private Map<String, S3Listing.Found> unnamed(List<S3Listing.Found> all) {
        Map<String, S3Listing.Found> unnamed = new TreeMap<>();
        for (S3Listing.Found one : all) {
            if (Restoration.isName(id(one.key()))) {
                unnamed.merge(id(one.key()), one, (a, b) -> a.since().isAfter(b.since()) ? a : b);
            }
        }
        named(all).forEach(unnamed::remove);
        return unnamed;
    }

    /** How many things lie there by other names. */
    private long others(List<S3Listing.Found> all) {
        return all.stream()
                .map(one -> one.key().substring(base.length()))
                .filter(rest -> !rest.isEmpty()) // as some programs make one for what they take for a directory
                .filter(rest -> !Restoration.isName(id(base + rest)))
                .map(rest -> rest.split("/", 2)[0])
                .distinct()
                .count();
    }

    @Override
    public Beginning begin(String id) {
        return new Beginning() {
            private boolean whole;

            @Override
            public Sink file(String name) {
                return new ObjectSink(key(id, name));
            }

            @Override
            public void name() {
                whole = true; // its manifest is there
            }

            @Override
            public void close() throws IOException {
                if (!whole) {
                    for (S3Listing.Found upload : listing().uploads(base + id + "/")) {
                        if (isOurs(upload.key())) {
                            abort(upload);
                        }
                    }
                    remove(id);
                }
            }
        };
    }

    /** An object that is being put there, in memory of one part. */
    private final class ObjectSink extends Sink {
        private final String key;
        private final Optional<Instant> until;
        private final List<CompletedPart> parts = new ArrayList<>();
        private byte[] part = new byte[1 << 16];
        private int filled;
        private long passed;
        private @Nullable String upload;
        private boolean over;

        ObjectSink(String key) {
            this.key = key;
            this.until = target.lock()
                    .map(lock ->
                            clock.instant().plus(Duration.ofDays(lock.days())).truncatedTo(ChronoUnit.SECONDS));
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            int at = from;
            int left = length;
            while (left > 0) {
                int most = parts.size() < SMALL_PARTS ? PART : LARGE_PART;
                if (filled == most) {
                    send();
                    continue;
                }
                int some = Math.min(left, most - filled);
                if (filled + some > part.length) {
                    part = Arrays.copyOf(part, Math.min(most, Math.max(part.length * 2, filled + some)));
                }
                System.arraycopy(bytes, at, part, filled, some);
                filled += some;
                at += some;
                left -= some;
            }
            passed += length;
        }

        private void send() {
            if (upload == null) {
                upload = asked(() -> client.createMultipartUpload(request -> {
                            request.bucket(target.bucket()).key(key);
                            until.ifPresent(
                                    instant -> request.objectLockMode(mode()).objectLockRetainUntilDate(instant));
                        })
                        .uploadId());
            }
            int number = parts.size() + 1;
            String tag = asked(() -> client.uploadPart(
                            request -> request.bucket(target.bucket())
                                    .key(key)
                                    .uploadId(upload)
                                    .partNumber(number)
                                    .contentMD5(md5()),
                            body())
                    .eTag());
            parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            filled = 0;
        }

        /** It may be asked for again, where a link breaks. */
        private RequestBody body() {
            int length = filled;
            return RequestBody.fromContentProvider(
                    () -> new ByteArrayInputStream(part, 0, length), length, "application/octet-stream");
        }

        private String md5() {
            try {
                MessageDigest md5 = MessageDigest.getInstance("MD5");
                md5.update(part, 0, filled);
                return Base64.getEncoder().encodeToString(md5.digest());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has MD5", e);
            }
        }

        private ObjectLockMode mode() {
            return ObjectLockMode.fromValue(target.lock().orElseThrow().mode().name());
        }

        @Override
        public void finish() throws IOException {
            if (upload == null) {
                asked(() -> client.putObject(
                        request -> {
                            request.bucket(target.bucket()).key(key).contentMD5(md5());
                            until.ifPresent(
                                    instant -> request.objectLockMode(mode()).objectLockRetainUntilDate(instant));
                        },
                        body()));
            } else {
                send();
                asked(() -> client.completeMultipartUpload(request -> request.bucket(target.bucket())
                        .key(key)
                        .uploadId(upload)
                        .multipartUpload(all -> all.parts(parts))));
            }
            over = true;
            requireThere();
        }

        private void requireThere() throws IOException {
            HeadObjectResponse there = asked(() ->
                    client.headObject(request -> request.bucket(target.bucket()).key(key)));
            long length = length(key, there);
            if (length != passed) {
                throw new BackupException(
                        "the storage has " + length + " bytes of `" + key + "`, and was sent " + passed);
            }
            if (until.isPresent() && !isLocked(until.get())) {
                // Some servers take no notice of these headers, and lock what is there when they are asked to.
                asked(() -> client.putObjectRetention(request -> request.bucket(target.bucket())
                        .key(key)
                        .retention(retention -> retention.mode(lockMode()).retainUntilDate(until.get()))));
                if (!isLocked(until.get())) {
                    throw new BackupException("the storage was asked to lock `" + key + "` until " + until.get()
                            + ", and does not say that it did: is object lock enabled for `" + target.bucket() + "`?");
                }
            }
        }

        private boolean isLocked(Instant wanted) {
            return retention(key)
                    .filter(found -> mode().name().equals(found.modeAsString()))
                    .filter(found -> found.retainUntilDate() != null
                            && !found.retainUntilDate().isBefore(wanted))
                    .isPresent();
        }

        private ObjectLockRetentionMode lockMode() {
            return ObjectLockRetentionMode.fromValue(mode().name());
        }

        @Override
        public void close() throws IOException {
            String begun = upload;
            if (!over && begun != null) {
                over = true;
                abort(key, begun);
            }
        }
    }

    /** What the server says of a lock, if it says anything. */
    private Optional<ObjectLockRetention> retention(String key) {
        return asked(() -> {
            try {
                return Optional.ofNullable(client.getObjectRetention(
                                request -> request.bucket(target.bucket()).key(key))
                        .retention());
            } catch (S3Exception e) {
                if (e.statusCode() == 400 || e.statusCode() == 404) { // no lock of this object, or of any in the bucket
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private Optional<HeadObjectResponse> head(String id, String name) throws IOException {
        return asked(() -> {
            try {
                return Optional.of(client.headObject(
                        request -> request.bucket(target.bucket()).key(key(id, name))));
            } catch (NoSuchKeyException e) {
                return Optional.empty();
            }
        });
    }

    @Override
    public OptionalLong size(String id, String name) throws IOException {
        return head(id, name)
                .map(there -> OptionalLong.of(length(key(id, name), there)))
                .orElse(OptionalLong.empty());
    }

    private long length(String key, HeadObjectResponse there) {
        Long length = there.contentLength();
        if (length == null || length < 0) {
            throw unanswered("does not say how long `" + key + "` is");
        }
        return length;
    }

    @Override
    public InputStream read(String id, String name) throws IOException {
        return new Resuming(key(id, name), size(id, name).orElseThrow(() -> new FileNotFoundException(name)));
    }

    /**
     * An object, from where it was interrupted. That a link is down says nothing about a backup, and must not look as
     * if it did: it is thrown unchecked, past whoever looks for what is wrong with what was read.
     */
    private final class Resuming extends InputStream {
        private final String key;
        private final long length;
        private long at;
        private @Nullable InputStream from;

        Resuming(String key, long length) {
            this.key = key;
            this.length = length;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) {
            if (at == length) {
                return -1;
            }
            IOException last = new IOException("it ended too early");
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                try {
                    int read = stream().read(bytes, offset, (int) Math.min(count, length - at));
                    if (read >= 0) {
                        at += read;
                        return read;
                    }
                } catch (IOException e) {
                    last = e;
                }
                close();
            }
            throw unanswered("broke off: " + last.getMessage());
        }

        private InputStream stream() throws IOException {
            InputStream open = from;
            if (open == null) {
                ResponseInputStream<GetObjectResponse> answer = asked(() -> client.getObject(
                        request -> request.bucket(target.bucket()).key(key).range("bytes=" + at + "-")));
                from = answer;
                open = answer;
                String range = String.valueOf(answer.response().contentRange());
                if (at > 0 && !range.startsWith("bytes " + at + "-")) {
                    close();
                    throw unanswered("does not go on where it was asked to");
                }
            }
            return open;
        }

        @Override
        public void close() {
            InputStream open = from;
            from = null;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    // What was read of it was read.
                }
            }
        }
    }

    @Override
    public Optional<Instant> lockedUntil(String id) throws IOException {
        try {
            return retention(key(id, MANIFEST)).map(ObjectLockRetention::retainUntilDate);
        } catch (UncheckedIOException e) {
            if (target.lock().isPresent()) {
                throw e;
            }
            return Optional.empty(); // the plan knows of no lock, and its credentials need not be allowed to ask
        }
    }

    /** Where its manifest will not go, nothing else of it does: what counts is whole. */
    @Override
    public void remove(String id) throws IOException {
        S3Listing listing = listing();
        removeVersions(key(id, MANIFEST), listing);
        removeAll(id, listing);
    }

    private void removeAll(String id, S3Listing listing) {
        removeVersions(base + id + "/", listing);
    }

    /**
     * Where a bucket keeps versions, to delete an object without naming one only hides it. One that is locked keeps no
     * other from going; while it is there, what hides it stays.
     */
    private void removeVersions(String prefix, S3Listing listing) {
        List<UncheckedIOException> refused = new ArrayList<>();
        S3Listing.Versions versions = listing.versions(prefix);
        for (S3Listing.Found version : versions.all()) {
            if (!isOurs(version.key())) {
                continue;
            }
            try {
                removeVersion(version);
            } catch (UncheckedIOException e) {
                refused.add(e);
            }
        }
        if (!refused.isEmpty()) {
            throw refused.getFirst();
        }
        for (S3Listing.Found marker : versions.hiding()) {
            if (isOurs(marker.key())) {
                removeVersion(marker);
            }
        }
    }

    private void removeVersion(S3Listing.Found version) {
        asked(() -> client.deleteObject(
                request -> request.bucket(target.bucket()).key(version.key()).versionId(version.id())));
    }

    /** A note is no part of the backup, and may be replaced: it is not locked. */
    @Override
    public void note(String id, String name, String text) throws IOException {
        asked(() -> client.putObject(
                request -> request.bucket(target.bucket()).key(key(id, name)),
                RequestBody.fromString(text, StandardCharsets.UTF_8)));
    }

    @Override
    public Optional<String> noted(String id, String name) throws IOException {
        return asked(() -> {
            try (var in =
                    client.getObject(request -> request.bucket(target.bucket()).key(key(id, name)))) {
                return Optional.of(new String(in.readNBytes(MAX_NOTE), StandardCharsets.UTF_8));
            } catch (NoSuchKeyException e) {
                return Optional.empty();
            } catch (IOException e) {
                throw unanswered("does not answer: " + e.getMessage());
            }
        });
    }
}
