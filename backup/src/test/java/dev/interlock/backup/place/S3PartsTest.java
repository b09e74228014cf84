package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.run.BackupException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.Part;

/** Tests files so long that their parts grow, and files that are too long, with a server that speaks S3. */
@Timeout(300)
@Tag("process")
class S3PartsTest {

    private static final String BUCKET = "of-parts";
    private static final String KEY = "shop-db/20260101T000000Z-abcdef/dump";
    private static final int MIB = 1 << 20;

    /** Parts as small as a server accepts. */
    private static final S3Objects.S3UploadParts SMALL = new S3Objects.S3UploadParts(5 * MIB, 2, 7 * MIB, 4);

    @TempDir
    private static Path directory;

    private static TestingS3 server;
    private static S3Client client;
    private static BackupTarget.S3 target;

    @BeforeAll
    static void start() throws IOException {
        server = TestingS3.shared();
        Path credentials = directory.resolve("credentials");
        PrivateFiles.write(
                credentials,
                "aws_access_key_id = test\naws_secret_access_key = test\n".getBytes(StandardCharsets.UTF_8));
        target = new BackupTarget.S3(
                server.endpoint(), "us-east-1", BUCKET, "", true, credentials, Optional.empty(), true);
        client = S3Access.to(target);
        client.createBucket(request -> request.bucket(BUCKET));
    }

    private static S3Objects objects() {
        return new S3Objects(target, client, new S3Responses(target.endpoint()), Clock.systemUTC(), SMALL);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static void write(BackupStorage.StorageFile sink, byte[] all) throws IOException {
        for (int at = 0; at < all.length; at += 1 << 16) {
            sink.write(all, at, Math.min(1 << 16, all.length - at));
        }
    }

    private static List<MultipartUpload> uploads() {
        return client.listMultipartUploads(request -> request.bucket(BUCKET)).uploads();
    }

    @Test
    void partsGrowAndNothingIsLost() throws IOException {
        byte[] content = bytes(2 * 5 * MIB + 2 * 7 * MIB);
        S3Objects objects = objects();
        try (BackupStorage.StorageFile sink = objects.put(KEY)) {
            write(sink, content);
            String upload = uploads().getFirst().uploadId();
            assertThat(client.listParts(
                                    request -> request.bucket(BUCKET).key(KEY).uploadId(upload))
                            .parts())
                    .extracting(Part::size)
                    .containsExactly(5L * MIB, 5L * MIB, 7L * MIB);
            sink.finish();
        }
        try (InputStream in = objects.read(KEY, content.length)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    /** S3 would answer 400 without a reason. The started upload is given up. */
    @Test
    void anObjectWithTooManyPartsIsRefusedWithAReason() throws IOException {
        byte[] content = bytes(2 * 5 * MIB + 2 * 7 * MIB + 1);
        try (BackupStorage.StorageFile sink = objects().put(KEY + "-long")) {
            write(sink, content);
            assertThatThrownBy(sink::finish)
                    .isInstanceOf(BackupException.class)
                    .hasMessage("`" + KEY + "-long` is too long for S3's 4 parts: save it by several plans,"
                            + " with more `jobs`, or to a directory");
        }
        assertThat(uploads()).isEmpty();
    }

    /** An upload has no more parts, and several of the large ones fit into the launchers' heap. */
    @Test
    void defaultPartSizesAreAccepted() {
        S3Objects.S3UploadParts usual = S3Objects.S3UploadParts.USUAL;
        assertThat(usual.most()).isEqualTo(10_000);
        assertThat(usual.size()).isGreaterThan(5 * MIB);
        assertThat(usual.large()).isGreaterThan(usual.size()).isLessThanOrEqualTo((512 * MIB) / 8);
    }
}
