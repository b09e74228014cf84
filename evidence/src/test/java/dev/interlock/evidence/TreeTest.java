package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class TreeTest {

    private static final int MAX = 70;

    private static List<Hash> leaves(int count) {
        List<Hash> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            leaves.add(Hash.leaf(("entry " + i).getBytes(StandardCharsets.UTF_8)));
        }
        return leaves;
    }

    @Test
    void hashesAsRfc6962Says() {
        assertThat(Hash.emptyRoot()).hasToString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assertThat(Hash.leaf(new byte[0]))
                .hasToString("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    @Test
    void theCompactRangeAgreesWithTheDefinition() {
        CompactRange range = new CompactRange();
        for (int size = 0; size <= 300; size++) {
            List<Hash> leaves = leaves(size);
            assertThat(range.root()).as("size %d", size).isEqualTo(NaiveTree.root(leaves));
            assertThat(CompactRange.at(size, NaiveTree.nodes(leaves)).root()).isEqualTo(range.root());
            range.append(Hash.leaf(("entry " + size).getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void inclusionProofsEqualTheDefinitionsAndVerify() throws Exception {
        for (int size = 1; size <= MAX; size++) {
            List<Hash> leaves = leaves(size);
            for (int index = 0; index < size; index++) {
                InclusionProof proof = NaiveTree.nodes(leaves).inclusion(index, size);
                assertThat(proof.path()).isEqualTo(NaiveTree.path(index, leaves));
                proof.verify(leaves.get(index), NaiveTree.root(leaves));
            }
        }
    }

    @Test
    void consistencyProofsEqualTheDefinitionsAndNoAlteredOneVerifies() throws Exception {
        for (int size = 1; size <= 40; size++) {
            List<Hash> leaves = leaves(size);
            Hash root = NaiveTree.root(leaves);
            for (int before = 0; before <= size; before++) {
                ConsistencyProof proof = NaiveTree.nodes(leaves).consistency(before, size);
                Hash old = NaiveTree.root(leaves.subList(0, before));
                assertThat(proof.path()).isEqualTo(NaiveTree.consistency(before, leaves, true));
                proof.verify(old, root);
                List<ConsistencyProof> others = new ArrayList<>();
                for (int i = 0; i < proof.path().size(); i++) {
                    List<Hash> path = new ArrayList<>(proof.path());
                    path.set(i, Hash.emptyRoot());
                    others.add(new ConsistencyProof(before, size, path));
                    others.add(new ConsistencyProof(before, size, proof.path().subList(0, i)));
                }
                List<Hash> longer = new ArrayList<>(proof.path());
                longer.add(root);
                others.add(new ConsistencyProof(before, size, longer));
                others.add(new ConsistencyProof(size + 1, size, proof.path()));
                for (ConsistencyProof other : others) {
                    assertThatThrownBy(() -> other.verify(old, root)).isInstanceOf(BadSignatureException.class);
                }
                if (before > 0) {
                    assertThatThrownBy(() -> proof.verify(Hash.leaf(new byte[0]), root))
                            .isInstanceOf(BadSignatureException.class);
                    assertThatThrownBy(() -> proof.verify(old, Hash.leaf(new byte[] {7})))
                            .isInstanceOf(BadSignatureException.class);
                }
            }
        }
    }

    /** §2.1.3.2 step 1. */
    @Test
    void inclusionStep1RefusesALeafBeyondTheTree() {
        List<Hash> leaves = leaves(4);
        List<Hash> path = NaiveTree.path(0, leaves);
        refused(new InclusionProof(4, 4, path), leaves.getFirst(), leaves, "no leaf 4");
        refused(new InclusionProof(-1, 4, path), leaves.getFirst(), leaves, "no leaf -1");
        refused(new InclusionProof(0, 0, List.of()), leaves.getFirst(), leaves, "no leaf 0");
    }

    /** Steps 2 and 3: the place and the leaf are what the walk begins with. */
    @Test
    void inclusionSteps2And3RefuseAnotherPlaceAndAnotherLeaf() {
        List<Hash> leaves = leaves(7);
        List<Hash> path = NaiveTree.path(2, leaves);
        refused(new InclusionProof(3, 7, path), leaves.get(2), leaves, "does not lead to this root");
        refused(new InclusionProof(2, 7, path), leaves.get(3), leaves, "does not lead to this root");
    }

    /** Step 4a. */
    @Test
    void inclusionStep4aRefusesAPathBeyondTheRoot() {
        List<Hash> leaves = leaves(4);
        List<Hash> path = new ArrayList<>(NaiveTree.path(1, leaves));
        path.add(leaves.getFirst());
        refused(new InclusionProof(1, 4, path), leaves.get(1), leaves, "too long");
    }

    /** Steps 4b and 4c: order of the children, and the levels that a right edge skips. */
    @Test
    void inclusionSteps4bAnd4cRefuseExchangedHashes() throws Exception {
        List<Hash> leaves = leaves(7);
        new InclusionProof(6, 7, NaiveTree.path(6, leaves)).verify(leaves.get(6), NaiveTree.root(leaves));
        List<Hash> path = new ArrayList<>(NaiveTree.path(4, leaves));
        path.addFirst(path.remove(1));
        refused(new InclusionProof(4, 7, path), leaves.get(4), leaves, "does not lead to this root");
    }

    /** Step 5, sn: a proof that stops below the root, at a node that happens to be given as the root. */
    @Test
    void inclusionStep5RefusesAPathThatEndsBelowTheRoot() {
        List<Hash> leaves = leaves(4);
        List<Hash> path = NaiveTree.path(1, leaves);
        assertThatThrownBy(() -> new InclusionProof(1, 4, path.subList(0, 1))
                        .verify(leaves.get(1), NaiveTree.root(leaves.subList(0, 2))))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("too short");
    }

    /** Step 5, r. */
    @Test
    void inclusionStep5RefusesAnotherRoot() {
        List<Hash> leaves = leaves(4);
        assertThatThrownBy(() ->
                        new InclusionProof(1, 4, NaiveTree.path(1, leaves)).verify(leaves.get(1), Hash.emptyRoot()))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("does not lead to this root");
    }

    @Test
    void noAlteredProofVerifies() {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = new java.util.Random(seed);
        for (int round = 0; round < 500; round++) {
            int size = random.nextInt(2, 400);
            int index = random.nextInt(size);
            List<Hash> leaves = leaves(size);
            List<Hash> path = new ArrayList<>(NaiveTree.path(index, leaves));
            int at = random.nextInt(path.size());
            byte[] flipped = path.get(at).bytes();
            flipped[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
            path.set(at, Hash.of(flipped));
            assertThatThrownBy(() ->
                            new InclusionProof(index, size, path).verify(leaves.get(index), NaiveTree.root(leaves)))
                    .as("seed %d", seed)
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @Test
    void tilesHoldTheDefinitionsNodes() throws Exception {
        int size = 70_000 / 8;
        List<Hash> leaves = leaves(size);
        java.util.Map<Tile, byte[]> tiles = new java.util.HashMap<>();
        TileBuilder builder = new TileBuilder();
        for (Hash leaf : leaves) {
            builder.append(leaf, tiles::put);
        }
        builder.partials(tiles::put);
        List<Tile> layout = Tile.layout(size).stream()
                .filter(tile -> tile.level().isPresent())
                .toList();
        assertThat(tiles.keySet()).containsExactlyInAnyOrderElementsOf(layout);
        byte[] second = tiles.get(Tile.hashes(1, 0, size / 256));
        assertThat(Hash.of(java.util.Arrays.copyOfRange(second, 32, 64)))
                .isEqualTo(NaiveTree.root(leaves.subList(256, 512)));
    }

    @Test
    void tilePathsFollowTheSpecification() {
        assertThat(Tile.hashes(0, 1234067, 8).path()).isEqualTo("tile/0/x001/x234/067.p/8");
        assertThat(Tile.entries(67, 256).path()).isEqualTo("tile/entries/067");
        List<Tile> layout = Tile.layout(70_000);
        assertThat(layout)
                .filteredOn(t -> t.level().equals(OptionalInt.of(0)))
                .hasSize(274)
                .last()
                .extracting(Tile::width)
                .isEqualTo(112);
        assertThat(layout)
                .filteredOn(t -> t.level().equals(OptionalInt.of(1)))
                .extracting(Tile::width)
                .containsExactly(256, 17);
        assertThat(layout)
                .filteredOn(t -> t.level().equals(OptionalInt.of(2)))
                .extracting(Tile::width)
                .containsExactly(1);
        assertThat(Tile.layout(256).stream().map(Tile::path))
                .containsExactly("tile/entries/000", "tile/0/000", "tile/1/000.p/1");
    }

    private static void refused(InclusionProof proof, Hash leaf, List<Hash> leaves, String message) {
        assertThatThrownBy(() -> proof.verify(leaf, NaiveTree.root(leaves)))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining(message);
    }
}
