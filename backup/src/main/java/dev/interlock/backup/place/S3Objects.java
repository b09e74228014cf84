package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Writes and reads objects of a bucket, one at a time. A large object goes in parts, and becomes visible only with the
 * last one.
 */
final class S3Objects {

    /**
     * The sizes of a large object's parts. A part stays in memory until the server has accepted it.
     *
     * @param size the size of the first parts
     * @param small the number of first parts; an object with more is so large that larger parts pay
     * @param large the size of all other parts
     * @param most the maximum number of parts
     */
    record S3UploadParts(int size, int small, int large, int most) {

        /**
         * The multipart limits of S3 are 10,000 parts, each but the last of at least 5 MiB. A file may have 78 GiB in
         * small parts and 312 GiB more in large ones. Several large parts fit into the heap that the launchers give.
         */
        static final S3UploadParts USUAL = new S3UploadParts(16 << 20, 5_000, 64 << 20, 10_000);
    }

    /** Maximum of connection failures without a byte in between. */
    private static final int MAX_ATTEMPTS = 5;

    private final BackupTarget.S3 target;
    private final S3Client client;
    private final S3Responses answers;
    private final Clock clock;
    private final S3UploadParts in;

    S3Objects(BackupTarget.S3 target, S3Client client, S3Responses answers, Clock clock) {
        this(target, client, answers, clock, S3UploadParts.USUAL);
    }

    S3Objects(BackupTarget.S3 target, S3Client client, S3Responses answers, Clock clock, S3UploadParts in) {
        this.target = target;
        this.client = client;
        this.answers = answers;
        this.clock = clock;
        this.in = in;
    }

    private <T> T asked(Supplier<T> request) {
        return answers.asked(request);
    }

    private UncheckedIOException unanswered(String what) {
        return answers.unanswered(what);
    }

    /** Begins an object. It is locked if the target has locks. */
    BackupStorage.StorageFile put(String key) {
        return new ObjectSink(key);
    }

    /** An object that is being uploaded. It buffers one part. */
    private final class ObjectSink extends BackupStorage.StorageFile {
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
                if (filled == size()) {
                    send();
                    enlarge();
                }
                int some = Math.min(left, size() - filled);
                if (filled + some > part.length) {
                    part = Arrays.copyOf(part, Math.min(size(), Math.max(part.length * 2, filled + some)));
                }
                System.arraycopy(bytes, at, part, filled, some);
                filled += some;
                at += some;
                left -= some;
            }
            passed += length;
        }

        private int size() {
            return parts.size() < in.small() ? in.size() : in.large();
        }

        /**
         * Enlarges the buffer at once, while it is empty and nothing is copied. The heap need not hold one and a half
         * large parts.
         */
        private void enlarge() {
            if (part.length < size()) {
                part = new byte[0];
                part = new byte[size()];
            }
        }

        private void send() throws IOException {
            int number = parts.size() + 1;
            if (number > in.most()) {
                throw new BackupException("`" + key + "` is too long for S3's " + in.most()
                        + " parts: save it by several plans, with more `jobs`, or to a directory");
            }
            if (upload == null) {
                upload = asked(() -> client.createMultipartUpload(request -> {
                            request.bucket(target.bucket()).key(key);
                            until.ifPresent(
                                    instant -> request.objectLockMode(mode()).objectLockRetainUntilDate(instant));
                        })
                        .uploadId());
            }
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

        /** Returns the content, which can be read again after a failed connection. */
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
                // Some servers ignore these headers, but lock an existing object on request.
                asked(() -> client.putObjectRetention(request -> request.bucket(target.bucket())
                        .key(key)
                        .retention(retention -> retention.mode(lockMode()).retainUntilDate(until.get()))));
                if (!isLocked(until.get())) {
                    throw new BackupException("the storage was asked to lock `" + key + "` until " + until.get()
                            + ", but does not confirm it: is object lock enabled for `" + target.bucket() + "`?");
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

    /** Aborts an upload. */
    void abort(String key, @Nullable String upload) {
        asked(() -> client.abortMultipartUpload(
                request -> request.bucket(target.bucket()).key(key).uploadId(upload)));
    }

    /** Removes {@code version} of an object, which may be a delete marker. */
    void remove(String key, @Nullable String version) {
        asked(() -> client.deleteObject(
                request -> request.bucket(target.bucket()).key(key).versionId(version)));
    }

    /** Returns the lock that the server reports, if any. */
    private Optional<ObjectLockRetention> retention(String key) {
        return asked(() -> {
            try {
                return Optional.ofNullable(client.getObjectRetention(
                                request -> request.bucket(target.bucket()).key(key))
                        .retention());
            } catch (S3Exception e) {
                if (e.statusCode() == 400 || e.statusCode() == 404) { // this object, or the whole bucket, has no lock
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    /** Returns the time until which nobody can remove the object, if the server reports one. */
    Optional<Instant> lockedUntil(String key) {
        try {
            return retention(key).map(ObjectLockRetention::retainUntilDate);
        } catch (UncheckedIOException e) {
            if (target.lock().isPresent()) {
                throw e;
            }
            return Optional.empty(); // the plan has no lock, so its credentials need no permission to ask
        }
    }

    /** Returns the size of the object, if it exists. */
    OptionalLong size(String key) {
        return asked(() -> {
            try {
                return OptionalLong.of(length(
                        key,
                        client.headObject(
                                request -> request.bucket(target.bucket()).key(key))));
            } catch (NoSuchKeyException e) {
                return OptionalLong.empty();
            }
        });
    }

    private long length(String key, HeadObjectResponse there) {
        Long length = there.contentLength();
        if (length == null || length < 0) {
            throw unanswered("does not say how long `" + key + "` is");
        }
        return length;
    }

    /**
     * Reads the object.
     *
     * @param length its size
     */
    InputStream read(String key, long length) {
        return new ResumingInputStream(key, length);
    }

    /**
     * Reads an object and resumes after an interruption. A broken connection says nothing about a backup and must not
     * count as its fault. So it is thrown unchecked, past the code that searches the backup for faults.
     */
    private final class ResumingInputStream extends InputStream {
        private final String key;
        private final long length;
        private long at;
        private @Nullable InputStream from;

        ResumingInputStream(String key, long length) {
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
                    throw unanswered("does not continue at the requested position");
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
                    // The bytes that were read stay valid.
                }
            }
        }
    }

    /** Writes an object in place of an earlier one. It is not locked. */
    void replace(String key, String text) {
        asked(() -> client.putObject(
                request -> request.bucket(target.bucket()).key(key),
                RequestBody.fromString(text, StandardCharsets.UTF_8)));
    }

    /**
     * Returns the content of the object, if it exists.
     *
     * @param most maximum of bytes
     */
    Optional<String> text(String key, int most) {
        return asked(() -> {
            try (var in =
                    client.getObject(request -> request.bucket(target.bucket()).key(key))) {
                return Optional.of(new String(in.readNBytes(most), StandardCharsets.UTF_8));
            } catch (NoSuchKeyException e) {
                return Optional.empty();
            } catch (IOException e) {
                throw unanswered("does not answer: " + e.getMessage());
            }
        });
    }
}
