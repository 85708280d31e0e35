/* Where the scenarios of networks read and write. */
#include "tests/folder.h"

/* Files that a network was saved to before anything failed. */
typedef struct {
    suite_folder own, tensors;
} network_files;

static void network_files_create(const ntk_network *network, network_files *files) {
    suite_folder_create(&files->own, "network");
    suite_folder_create(&files->tensors, "network.safetensors");
    ASSERT_OK(ntk_network_save(network, files->own.path));
    ASSERT_OK(ntk_network_export_safetensors(network, files->tensors.path, NULL, 0));
}

/* Nothing but the file itself may be left in a folder, also when a scenario failed. */
static void network_files_remove(const network_files *files) {
    suite_folder_remove(&files->own);
    suite_folder_remove(&files->tensors);
}
