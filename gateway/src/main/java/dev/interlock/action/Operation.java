package dev.interlock.action;

/**
 * A provider's operation by its own name, as {@code railway/volumeDelete}.
 *
 * @param provider the catalog's name
 * @param name the provider's word
 */
public record Operation(String provider, String name) {
    @Override
    public String toString() {
        return provider + "/" + name;
    }
}
