/* The portable executable: CPython and everything of ours in one file.
 *
 * Everything that is Python is a zip archive at the end of this very file, and the only folder of sys.path. As
 * `sandbox-agent` it runs our command line. With an option of the interpreter in front (`-I`, `-S`, `-P`, `-m`, `-c`)
 * it is an ordinary Python: that is how the daemon starts its helpers through sys.executable.
 */
#include <Python.h>
#include <limits.h>
#include <unistd.h>

static int is_interpreter(int argc, char **argv)
{
    return argc > 1 && argv[1][0] == '-' && strchr("ISPmcEXBuO", argv[1][1]) != NULL && argv[1][1] != '\0'
        && (argv[1][2] == '\0' || strchr("XmcIOS", argv[1][1]) != NULL);
}

static PyStatus configure(PyConfig *config, int argc, char **argv, const char *self)
{
    PyStatus status;
    PyConfig_InitIsolatedConfig(config);
    config->parse_argv = is_interpreter(argc, argv);
    config->install_signal_handlers = 1;
    config->write_bytecode = 0;
    config->pathconfig_warnings = 0;
#define TRY(expression) status = (expression); if (PyStatus_Exception(status)) return status
    TRY(PyConfig_SetBytesArgv(config, argc, argv));
    if (!config->parse_argv) {
        TRY(PyConfig_SetBytesString(config, &config->run_module, "sandbox_agent"));
    }
    TRY(PyConfig_SetBytesString(config, &config->program_name, self));
    TRY(PyConfig_SetBytesString(config, &config->executable, self));
    TRY(PyConfig_SetBytesString(config, &config->base_executable, self));
    TRY(PyConfig_SetBytesString(config, &config->prefix, "/nowhere"));
    TRY(PyConfig_SetBytesString(config, &config->exec_prefix, "/nowhere"));
    TRY(PyConfig_SetBytesString(config, &config->base_prefix, "/nowhere"));
    TRY(PyConfig_SetBytesString(config, &config->base_exec_prefix, "/nowhere"));
    TRY(PyConfig_SetBytesString(config, &config->stdlib_dir, self));
    config->module_search_paths_set = 1;
    wchar_t *path = Py_DecodeLocale(self, NULL);
    if (path == NULL) {
        return PyStatus_NoMemory();
    }
    TRY(PyWideStringList_Append(&config->module_search_paths, path));
    PyMem_RawFree(path);
#undef TRY
    return PyStatus_Ok();
}

int main(int argc, char **argv)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0) {
        fprintf(stderr, "sandbox-agent: /proc is not mounted, so this file cannot find itself\n");
        return 1;
    }
    self[length] = '\0';

    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&before);
    if (!PyStatus_Exception(status)) {
        PyConfig config;
        status = configure(&config, argc, argv, self);
        if (!PyStatus_Exception(status)) {
            status = Py_InitializeFromConfig(&config);
        }
        PyConfig_Clear(&config);
    }
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    return Py_RunMain();
}
