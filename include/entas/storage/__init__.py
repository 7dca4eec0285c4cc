"""Files in a folder, on an SFTP server or in an S3 bucket: written whole or not at all."""

from entas.storage.files import Folder, StoredFile
from entas.storage.store import Store, copy_hashing

__all__ = ["Folder", "Store", "StoredFile", "copy_hashing"]
